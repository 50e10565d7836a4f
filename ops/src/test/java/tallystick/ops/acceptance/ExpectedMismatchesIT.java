package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tallystick.simulator.replay.Recordings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Recordings of real nodes give exactly the mismatches that are known of them: none missing, none extra.
@ExtendWith(UninterruptedReplay.Parameter.class)
class ExpectedMismatchesIT {
    /// Of forwards, wallet transactions and channels: their items are there, but this version does not decide them.
    private static final Set<String> NOT_DECIDED_YET =
            Set.of(
                    "FORWARD_FEE_NOT_BOOKED",
                    "ONCHAIN_TX_NOT_BOOKED",
                    "OPEN_UNBOOKED",
                    "CLOSE_UNBOOKED",
                    "REPLACED");

    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"merchant-day", "restarts", "channel-life"})
    void givesWhatIsExpected(String name) throws Exception {
        Path recording = directory.resolve("recording");
        Recordings.copyTo(name, recording);
        JsonNode expected = JSON.readTree(Files.readString(recording.resolve("expected.json")));

        Path out = replay(recording, "out");

        JsonNode found = read(out, "mismatches.json");
        assertThat(lines(found.path("mismatches"))).isEqualTo(decided(expected.path("mismatches")));
        assertThat(lines(found.path("information"))).isEqualTo(lines(expected.path("info")));
        assertThat(agreeing(read(out, "items.json"), expected))
                .isEqualTo(expected.path("matched").asInt());
    }

    /// No channel closes in these, so all that moves is posted.
    @ParameterizedTest
    @ValueSource(strings = {"merchant-day", "restarts"})
    void provesEveryBalance(String name) throws Exception {
        Path recording = directory.resolve("recording");
        Recordings.copyTo(name, recording);
        JsonNode expected = JSON.readTree(Files.readString(recording.resolve("expected.json")));

        JsonNode proof = read(replay(recording, "out"), "proof.json");

        expected.path("balance")
                .propertyStream()
                .forEach(
                        node -> {
                            JsonNode proven = proof.path("nodes").path(node.getKey());
                            assertThat(proven.path("local_total").path("residual_msat").asLong(-1))
                                    .isZero();
                            assertThat(proven.path("wallet").path("ledger_msat").asLong())
                                    .isEqualTo(node.getValue().path("wallet_sat").asLong() * 1_000);
                            node.getValue()
                                    .path("channels")
                                    .propertyStream()
                                    .forEach(
                                            channel ->
                                                    assertThat(
                                                                    proven.path("channels")
                                                                            .path(channel.getKey())
                                                                            .path("ledger_msat")
                                                                            .asLong())
                                                            .isEqualTo(
                                                                    channel.getValue()
                                                                            .path("claim_msat")
                                                                            .asLong()));
                        });
        assertThat(proof.path("trial_balance_msat").asLong(-1)).isZero();
        assertThat(proof.path("clearing").path("balance_msat").asLong())
                .isEqualTo(proof.path("clearing").path("items_msat").asLong(1));
    }

    @Test
    void twoReplaysAreEqualByteForByte(UninterruptedReplay once) throws Exception {
        Path again = replay(once.day().recording(), "again");

        assertThat(MerchantDay.results(again)).isEqualTo(once.results());
        assertThat(again.resolve("path.json"))
                .hasSameBinaryContentAs(once.directory().resolve("out").resolve("path.json"));
    }

    /// Each hop has left its traces: messages served by gRPC, records in Kafka, rows in Postgres.
    @Test
    void everythingWentTheWholeWay(UninterruptedReplay once) throws Exception {
        JsonNode path = read(once.directory().resolve("out"), "path.json");

        assertThat(path.path("messages").path("/lnrpc.Lightning/SubscribeInvoices").asLong())
                .isPositive();
        assertThat(path.path("records").path("tallystick.invoices.v1").asLong()).isPositive();
        assertThat(path.path("records").path("tallystick.books.v1").asLong()).isEqualTo(264);
        assertThat(path.path("batches").asLong()).isPositive();
        assertThat(path.path("evidence_rows").asLong()).isPositive();
        assertThat(path.path("transfers").asLong()).isPositive();
    }

    private Path replay(Path recording, String name) throws Exception {
        Path out = directory.resolve(name);
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
                                "--out",
                                out.toString()));
        assertThat(ended.exitCode()).as(ended.said()).isZero();
        return out;
    }

    private static JsonNode read(Path out, String file) throws IOException {
        return JSON.readTree(Files.readString(out.resolve(file)));
    }

    private static Set<String> decided(JsonNode mismatches) {
        Set<String> result = lines(mismatches);
        result.removeIf(line -> NOT_DECIDED_YET.contains(line.substring(0, line.indexOf(' '))));
        return result;
    }

    private static Set<String> lines(JsonNode mismatches) {
        Set<String> result = new TreeSet<>();
        for (JsonNode one : mismatches) {
            result.add(
                    "%s %s %s %d"
                            .formatted(
                                    one.path("code").asString(),
                                    one.path("node").asString(),
                                    one.path("reference").asString(),
                                    one.path("amount_msat").asLong()));
        }
        return result;
    }

    /// Pairs that agree, and those not decided yet that nothing is expected of.
    private static int agreeing(JsonNode items, JsonNode expected) {
        Set<String> named = new TreeSet<>();
        expected.path("mismatches")
                .forEach(
                        one ->
                                named.add(
                                        one.path("node").asString()
                                                + one.path("reference").asString()));
        int agreeing = items.path("matched").asInt();
        for (JsonNode pair : items.path("not_decided_yet").path("references")) {
            if (!named.contains(pair.path("node").asString() + pair.path("reference").asString())) {
                agreeing++;
            }
        }
        return agreeing;
    }
}
