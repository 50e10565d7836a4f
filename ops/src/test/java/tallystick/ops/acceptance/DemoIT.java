package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class DemoIT {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir Path directory;

    /// Settings of a real ledger may be lying about: what is shown must not get into that.
    @Test
    void keepsToItselfWhateverTheSettingsName() throws Exception {
        Program.Ended ended =
                Program.run(
                        directory,
                        List.of(
                                "demo",
                                "--set",
                                "kafka.bootstrap-servers=127.0.0.1:1",
                                "--set",
                                "kafka.replication=3",
                                "--set",
                                "database.url=jdbc:postgresql://127.0.0.1:1/real"));

        assertThat(ended.exitCode()).as(ended.said()).isZero();
        assertThat(directory.resolve(".tallystick/demo/postgres/data")).isDirectory();

        lookingAtItsRulesLeavesItInSight();
        itsDayHasAReport();
        itsJournalsSayWhatTheReportSays();
        itsDayHasAnEvidencePack();
    }

    private void itsJournalsSayWhatTheReportSays() throws Exception {
        JsonNode report = JSON.readTree(Files.readString(directory.resolve("day.json")));
        HledgerReader whole = journal("--day", "2026-11-22");
        assertThat(whole.entries()).isEqualTo(235);
        assertThat(whole.balances()).isEqualTo(whole.asserted());
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
    }

    private void itsDayHasAReport() throws Exception {
        Program.Ended issued = run("report", "run", "--day", "2026-11-22");
        assertThat(issued.exitCode()).as(issued.said()).isZero();
        assertThat(run("report", "run", "--day", "2026-11-23").exitCode()).isEqualTo(2);
        assertThat(run("report", "show", "2026-11-21").exitCode()).isEqualTo(2);
        assertThat(run("report", "list").exitCode()).isZero();

        for (String format : List.of("json", "html", "csv")) {
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
                        "\"unexplained_msat\":0",
                        "\"wallet_residual_msat\":0",
                        "\"open_count\":28,\"open_msat\":13578541646");
        assertThat(directory.resolve("day.csv/2-balance-bridge.csv")).exists();
    }

    private void lookingAtItsRulesLeavesItInSight() throws Exception {
        assertThat(run("rules", "list").exitCode()).isZero();
        assertThat(run("quarantine", "list").exitCode()).isZero();
        assertThat(run("mismatches").exitCode()).isZero();
        assertThat(run("prove").exitCode()).isZero();
        assertThat(run("prove", "--node", "carol").exitCode()).isEqualTo(2);
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
