package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tallystick.report.journal.Journal;
import tallystick.simulator.replay.Recordings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// hledger, beancount and the schema of camt.053 find nothing wrong with the journals of every recording, hold what the report of the
/// day holds, and refuse each journal of which one amount is changed by 1 msat. They are not part of the suite: the launcher
/// fetches them.
@Tag("journals")
class JournalsIT {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String DAY = "2026-11-22";
    private static final String DAY_AFTER = "2026-11-23";

    @TempDir Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"merchant-day", "restarts", "channel-life"})
    void otherProgramsReadThemAsTheReport(String recording) throws Exception {
        replay(recording);
        run("report", "run", "--day", DAY);
        run("report", "show", DAY, "--format", "json", "--out", "report.json");
        JsonNode facts = JSON.readTree(directory.resolve("report.json").toFile()).path("facts");

        for (Journal.Format format : Journal.Format.values()) {
            Path whole = journal(format, "whole");
            Path day = journal(format, "day", "--day", DAY);
            Path after = journal(format, "after", "--day", DAY_AFTER);
            JournalTools.Result read = read(format, whole);
            assertThat(read.problem()).as("%s of %s", format, recording).isEmpty();
            assertThat(read(format, day)).isEqualTo(read);
            JournalTools.Result next = read(format, after);
            assertThat(next.problem()).isEmpty();
            assertThat(next.entries()).isZero();
            assertThat(next.held()).isEqualTo(read.held());
            if (format == Journal.Format.CAMT053) {
                assertThat(read.held()).isEqualTo(totals(facts));
            } else {
                new ReportBalances(facts).requireSame(read.held(), read.held());
            }

            JournalTools.Result changed = read(format, changed(whole));
            assertThat(changed.problem()).as("%s with 1 msat more", format).isPresent();
            System.out.printf(
                    "journals: %s, %s: %d entries, %d balances, as the report; 1 msat more is refused%n",
                    recording,
                    format.name().toLowerCase(Locale.ROOT),
                    read.entries(),
                    read.held().size());
        }
    }

    private static JournalTools.Result read(Journal.Format format, Path file) throws Exception {
        JournalTools tools = JournalTools.find();
        return switch (format) {
            case HLEDGER -> tools.hledger(file);
            case BEANCOUNT -> tools.beancount(file);
            case CAMT053 -> tools.camt053(file);
        };
    }

    /// What nodes hold, by the report.
    private static SortedMap<String, BigInteger> totals(JsonNode facts) {
        SortedMap<String, BigInteger> totals = new TreeMap<>();
        for (JsonNode bridge : facts.path("balance_bridge")) {
            totals.put(
                    bridge.path("node").asString(),
                    bridge.path("closing").path("total_msat").bigIntegerValue());
        }
        totals.values().removeIf(msat -> msat.signum() == 0);
        return totals;
    }

    /// The first amount of an entry is 1 msat larger.
    private static Path changed(Path file) throws Exception {
        String text = Files.readString(file);
        Matcher amount =
                Pattern.compile(
                                "  (?<text>[1-9]\\d*) (msat|MSAT)\\n|<Ntry><Amt Ccy=\"SAT\">(?<xml>\\d+\\.\\d{3})")
                        .matcher(text);
        assertThat(amount.find()).isTrue();
        String group = amount.group("text") == null ? "xml" : "text";
        String more =
                group.equals("text")
                        ? new BigInteger(amount.group(group)).add(BigInteger.ONE).toString()
                        : new BigDecimal(amount.group(group))
                                .add(new BigDecimal("0.001"))
                                .toPlainString();
        return Files.writeString(
                file.resolveSibling("changed-" + file.getFileName()),
                text.substring(0, amount.start(group)) + more + text.substring(amount.end(group)));
    }

    private void replay(String name) throws Exception {
        Path recording = directory.resolve("recording");
        Recordings.copyTo(name, recording);
        run(
                "replay",
                "--recording",
                recording.toString(),
                "--books",
                recording.resolve("books.csv").toString(),
                "--as-of",
                MerchantDay.AS_OF,
                "--out",
                "out");
    }

    private Path journal(Journal.Format format, String name, String... days) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("journal", "--format"));
        arguments.add(format.name().toLowerCase(Locale.ROOT));
        arguments.addAll(List.of("--out", name + "." + format.ending()));
        arguments.addAll(List.of(days));
        run(arguments.toArray(String[]::new));
        return directory.resolve(name + "." + format.ending());
    }

    private void run(String... command) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(command));
        arguments.addAll(List.of("--data", directory.resolve("data").toString()));
        Program.Ended ended = Program.run(directory, arguments);
        assertThat(ended.exitCode()).as(ended.said()).isZero();
    }
}
