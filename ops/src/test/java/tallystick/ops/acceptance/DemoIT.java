package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class DemoIT {
    private static final Pattern FIELD =
            Pattern.compile("(?:^|,)(?:\"((?:[^\"]|\"\")*)\"|([^,]*))");

    @TempDir Path directory;

    /// Settings of a real ledger may be lying about: what is shown must not get into that.
    @Test
    void keepsToItselfWhateverTheSettingsName() throws Exception {
        Program demo =
                Program.start(
                        directory,
                        List.of(
                                "demo",
                                "--serve",
                                "--set",
                                "kafka.bootstrap-servers=127.0.0.1:1",
                                "--set",
                                "kafka.replication=3",
                                "--set",
                                "database.url=jdbc:postgresql://127.0.0.1:1/real"));
        peopleSignInAndDecide(demo);
        Program.Ended ended = demo.stop();
        assertThat(ended.said()).contains("Ctrl-C ends it.").doesNotContain("tallystick: ");
        assertThat(directory.resolve(".tallystick/demo/postgres/data")).isDirectory();

        lookingAtItsRulesLeavesItInSight();
        itsDayHasAReport();
        itsJournalsSayWhatTheReportSays();
        itsDayHasAnEvidencePack();
    }

    private static void peopleSignInAndDecide(Program demo) throws Exception {
        Visitor visitor = Visitor.signInAsAnna(demo);
        assertThat(visitor.get("/mismatches")).contains("Wrong unit in the books");
        assertThat(visitor.get("/reports")).contains("2026-11-22");
    }

    private void itsJournalsSayWhatTheReportSays() throws Exception {
        JsonNode report =
                JsonMapper.shared().readTree(Files.readString(directory.resolve("day.json")));
        HledgerReader whole = journal("--day", "2026-11-22");
        assertThat(whole.entries()).isEqualTo(235);
        assertThat(whole.balances()).isEqualTo(whole.asserted());
        // A channel's short id and its funding point are one account.
        assertThat(whole.balances().keySet())
                .anyMatch(account -> account.contains(":channel:"))
                .noneMatch(account -> account.contains(":scid:"));
        new ReportBalances(report.path("facts")).requireSame(whole.balances(), whole.balances());

        // The next day begins with what this one ended with, and nothing happened in it.
        HledgerReader next = journal("--from", "2026-11-23");
        assertThat(next.entries()).isZero();
        assertThat(next.balances()).isEqualTo(whole.balances()).isEqualTo(next.asserted());

        HledgerReader earlier = journal("--as-known-at", "9");
        assertThat(earlier.entries()).isBetween(1, 234);
        assertThat(earlier.balances()).isEqualTo(earlier.asserted());
    }

    private HledgerReader journal(String... days) throws Exception {
        List<String> arguments =
                new ArrayList<>(List.of("journal", "--format", "hledger", "--out", "journal"));
        arguments.addAll(List.of(days));
        Program.Ended ended = Program.run(directory, arguments);
        assertThat(ended.exitCode()).as(ended.said()).isZero();
        return HledgerReader.read(Files.readString(directory.resolve("journal")));
    }

    private void itsDayHasAnEvidencePack() throws Exception {
        for (String name : List.of("day.zip", "again.zip")) {
            Program.Ended packed = run("pack", "2026-11-22", "--out", name);
            assertThat(packed.exitCode()).as(packed.said()).isZero();
        }
        assertThat(directory.resolve("again.zip"))
                .hasSameBinaryContentAs(directory.resolve("day.zip"));

        Pack pack = Pack.read(directory.resolve("day.zip"));
        pack.requireWhole();
        pack.requireLike(Files.readString(directory.resolve("day.json")));

        Files.write(
                directory.resolve("heads.jsonl"),
                run("head").said().lines().filter(line -> line.startsWith("{")).toList());
        Program.Ended checked = run("pack", "--check", "day.zip", "--head", "heads.jsonl");
        assertThat(checked.exitCode()).as(checked.said()).isZero();
    }

    private void itsDayHasAReport() throws Exception {
        Program.Ended issued = run("report", "run", "--day", "2026-11-22");
        assertThat(issued.exitCode()).as(issued.said()).isZero();
        assertThat(run("report", "run", "--day", "2026-11-23").exitCode()).isEqualTo(2);
        assertThat(run("report", "show", "2026-11-21").exitCode()).isEqualTo(2);
        assertThat(run("report", "list").exitCode()).isZero();

        for (String format : List.of("json", "pdf", "csv")) {
            Program.Ended shown =
                    run(
                            "report",
                            "show",
                            "2026-11-22",
                            "--format",
                            format,
                            "--out",
                            "day." + format);
            assertThat(shown.exitCode()).as(shown.said()).isZero();
        }

        String json = Files.readString(directory.resolve("day.json"));
        assertThat(json)
                .contains(
                        "\"is_provisional\":false",
                        "\"integrity\":{\"clearing_msat\":-6807553983,\"posted_msat\":-6807553983,\"unexplained_msat\":0}",
                        "\"wallet_residual_msat\":0",
                        "\"open_count\":28,\"open_msat\":13578541646");
        assertThat(directory.resolve("day.pdf")).isNotEmptyFile();
        anAuditorGetsItsFigures(json);
    }

    /// Each query that the report names gives what the file of the same table says.
    private void anAuditorGetsItsFigures(String json) throws Exception {
        JsonNode queries = JsonMapper.shared().readTree(json).path("queries");
        assertThat(queries.size()).isEqualTo(14);
        new Home(directory.resolve(".tallystick/demo"))
                .withDatabase(
                        connection -> {
                            connection.createStatement().execute("SET ROLE tallystick_auditor");
                            for (JsonNode query : queries) {
                                requireSameAsFile(connection, query);
                            }
                            return true;
                        });
    }

    private void requireSameAsFile(Connection connection, JsonNode query) throws SQLException {
        String name = query.path("table").asString();
        List<List<String>> table = table("day.csv/" + name + ".csv");
        try (Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery(query.path("sql").asString())) {
            for (List<String> row : table.subList(1, table.size())) {
                assertThat(answer.next()).as("%s: a row for %s", name, row).isTrue();
                for (int i = 1; i <= answer.getMetaData().getColumnCount(); i++) {
                    String column = answer.getMetaData().getColumnLabel(i);
                    assertThat(text(answer.getObject(i)))
                            .as("%s: %s of %s", name, column, row)
                            .isEqualTo(row.get(table.getFirst().indexOf(column)));
                }
            }
            assertThat(answer.next()).as("%s: more rows", name).isFalse();
        }
    }

    /// Fields hold no line ends.
    private List<List<String>> table(String name) {
        try {
            return Files.readAllLines(directory.resolve(name)).stream()
                    .map(line -> FIELD.matcher(line).results().map(DemoIT::field).toList())
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String field(MatchResult match) {
        return match.group(1) == null ? match.group(2) : match.group(1).replace("\"\"", "\"");
    }

    private static String text(@Nullable Object value) {
        return switch (value) {
            case null -> "";
            case Timestamp moment -> moment.toInstant().toString();
            default -> value.toString();
        };
    }

    private void lookingAtItsRulesLeavesItInSight() throws Exception {
        assertThat(run("rules", "list").exitCode()).isZero();
        assertThat(run("quarantine", "list").exitCode()).isZero();
        assertThat(run("mismatches").exitCode()).isZero();
        assertThat(run("prove").exitCode()).isZero();
        assertThat(run("prove", "--node", "carol").exitCode()).isEqualTo(2);
        assertThat(run("prove", "--at", "1000000").exitCode()).isEqualTo(2);
        assertThat(run("mismatches", "--waiting").exitCode()).isZero();
        assertThat(run("mismatches", "--node", "carol", "--fail-on-mismatch").exitCode())
                .isEqualTo(2);
        assertThat(
                        run(
                                        "mismatch",
                                        "ca0f5515",
                                        "ignore",
                                        "--until",
                                        "2099-01-01",
                                        "--reason",
                                        "r")
                                .exitCode())
                .isEqualTo(2);
        assertThat(directory.resolve(".tallystick/postgres")).doesNotExist();
        assertThat(directory.resolve(".tallystick/kafka")).doesNotExist();
    }

    private Program.Ended run(String... arguments) throws Exception {
        return Program.run(directory, List.of(arguments));
    }
}
