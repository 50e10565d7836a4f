package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tallystick.simulator.replay.Recordings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A ledger that is opened in the middle of a recording finds what is wrong since, and nothing of what was before; every balance
/// foots.
class OpenedLedgerIT {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir Path directory;

    /// Where a recording is cut.
    ///
    /// @param checkpoint its number; the ledger is opened in the second in which it begins
    /// @param before what happened before, as code and the beginning of the reference
    record Cut(String recording, int checkpoint, Set<String> before) {}

    static List<Cut> cuts() {
        return List.of(
                new Cut(
                        "merchant-day",
                        4,
                        Set.of(
                                "AMOUNT_DIFFERS payment_hash:1f99b6a4",
                                "DUPLICATE_POSTING payment_hash:dd330654",
                                "FEE_DIFFERS payment_hash:d13c1628",
                                "OVERPAID payment_hash:730d2ab3")),
                new Cut(
                        "restarts",
                        4,
                        Set.of(
                                "DUPLICATE_POSTING payment_hash:03c9ef7b",
                                "FEE_DIFFERS payment_hash:f86f8dda",
                                "UNIT_ERROR payment_hash:438723c6")),
                new Cut(
                        "channel-life",
                        30,
                        Set.of(
                                "AMOUNT_DIFFERS payment_hash:0ee3e555",
                                "BOOKED_NOT_ON_NODE payment_hash:1202a3ab",
                                "CLOSE_UNBOOKED channel:26ef5f4c",
                                "ONCHAIN_TX_NOT_BOOKED tx:d31c2fa6",
                                "OPEN_UNBOOKED channel:c0f656bd",
                                "SETTLED_NOT_BOOKED payment_hash:7839bf58",
                                "SETTLED_NOT_BOOKED payment_hash:7bf0dfe4")),
                // Between this checkpoint and the next a channel is closed.
                new Cut(
                        "channel-life",
                        12,
                        Set.of(
                                "AMOUNT_DIFFERS payment_hash:0ee3e555",
                                "CLOSE_UNBOOKED channel:26ef5f4c",
                                "SETTLED_NOT_BOOKED payment_hash:7bf0dfe4")));
    }

    @ParameterizedTest
    @MethodSource("cuts")
    void findsWhatIsWrongSince(Cut cut) throws Exception {
        Path recording = directory.resolve("recording");
        Recordings.copyTo(cut.recording(), recording);
        Path out = directory.resolve("out");

        Program.Ended ended =
                Program.run(
                        directory,
                        List.of(
                                "replay",
                                "--recording",
                                recording.toString(),
                                "--books",
                                recording.resolve("books.csv").toString(),
                                "--as-of",
                                MerchantDay.AS_OF,
                                "--open-at",
                                begin(recording, cut.checkpoint()).toString(),
                                "--out",
                                out.toString(),
                                "--data",
                                "data"));

        assertThat(ended.exitCode()).as(ended.said()).isZero();
        itsJournalIsWhatReportsAreMadeOf();
        Set<String> since = lines(read(recording, "expected.json"));
        since.removeIf(line -> cut.before().stream().anyMatch(line::startsWith));
        assertThat(lines(read(out, "mismatches.json"))).isEqualTo(since);
        assertThat(read(out, "items.json").path("before_opening").path("count").asInt())
                .isPositive();
        requireFooting(read(out, "proof.json"));
        Expectation.requireUntouched(out);
    }

    /// What accounts were opened with is an entry too.
    private void itsJournalIsWhatReportsAreMadeOf() throws Exception {
        Program.Ended ended =
                Program.run(
                        directory,
                        List.of(
                                "journal",
                                "--format",
                                "hledger",
                                "--out",
                                "journal",
                                "--data",
                                "data"));
        assertThat(ended.exitCode()).as(ended.said()).isZero();
        HledgerReader read = HledgerReader.read(Files.readString(directory.resolve("journal")));
        assertThat(read.balances()).isEqualTo(read.asserted()).containsKey("opening");
    }

    /// Whole seconds: nodes tell settlements by the second.
    private static Instant begin(Path recording, int checkpoint) throws IOException {
        String mark = "\"mark\":\"checkpoint %d begin\"".formatted(checkpoint);
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(
                                new GZIPInputStream(
                                        Files.newInputStream(recording.resolve("alice.jsonl.gz"))),
                                StandardCharsets.UTF_8))) {
            String line = lines.lines().filter(one -> one.contains(mark)).findFirst().orElseThrow();
            return Instant.ofEpochSecond(JSON.readTree(line).path("at").asLong() / 1_000_000_000);
        }
    }

    private static void requireFooting(JsonNode proof) {
        assertThat(proof.path("nodes").size()).isEqualTo(2);
        for (JsonNode node : proof.path("nodes")) {
            assertThat(node.path("wallet").path("residual_msat").asLong(-1)).isZero();
            assertThat(node.path("local_total").path("residual_msat").asLong(-1)).isZero();
            for (JsonNode channel : node.path("channels")) {
                assertThat(channel.path("residual_msat").asLong(-1)).isZero();
            }
        }
        assertThat(proof.path("trial_balance_msat").asLong(-1)).isZero();
        assertThat(proof.path("clearing").path("balance_msat").asLong())
                .isEqualTo(proof.path("clearing").path("items_msat").asLong(1));
    }

    /// It is fixed once, before anything is applied.
    @Test
    void isOpenedOnceAndBeforeItBegins() throws Exception {
        String data = directory.resolve("data").toString();
        List<String> at = List.of("ledger", "open", "--data", data, "--at");

        assertThat(open(at, "2026-11-22T22:00:00Z").said()).contains("counts from 2026-11-22T22");
        assertThat(open(at, "2026-11-22T22:00:00Z").said()).contains("as before");
        Program.Ended other = open(at, "2026-11-22T23:00:00Z");
        assertThat(other.exitCode()).isNotZero();
        assertThat(other.said())
                .contains(
                        "opening: 2026-11-22T23:00:00Z (expected: 2026-11-22T22:00:00Z, from which this ledger counts already");
        assertThat(open(at, "2026-11-22T23:00:00.5Z").said()).contains("(expected: whole seconds");
    }

    private Program.Ended open(List<String> arguments, String moment) throws Exception {
        return Program.run(
                directory, Stream.concat(arguments.stream(), Stream.of(moment)).toList());
    }

    private static JsonNode read(Path directory, String file) throws IOException {
        return JSON.readTree(Files.readString(directory.resolve(file)));
    }

    private static Set<String> lines(JsonNode file) {
        Set<String> result = new TreeSet<>();
        for (JsonNode one : file.path("mismatches")) {
            result.add(
                    "%s %s %s %d"
                            .formatted(
                                    one.path("code").asString(),
                                    one.path("reference").asString(),
                                    one.path("node").asString(),
                                    one.path("amount_msat").asLong()));
        }
        return result;
    }
}
