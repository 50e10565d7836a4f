package tallystick.ops.acceptance;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.simulator.replay.Recordings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Channels of real nodes from their opening to every kind of end: exactly the mismatches that are known of them, what they cost
/// and earned against what those who ran the nodes know of it, and what is said of their payments.
class ChannelLifeIT {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /// Timed out on our own commitment, long before the recording ends.
    private static final String TIMED_OUT =
            "abd1d831e52cb8aab6c6f76255c72e8b64e1c03a71838e6e78eb8a6f047a63ed";

    private static final String PAID =
            "14593a942a7b57079bae153aed3076053f96bc1a7ab74195d9c6183dd20fa403";

    @TempDir Path directory;

    @Test
    void channelsAndPaymentsAreWhatTheyWere() throws Exception {
        Path recording = directory.resolve("recording");
        Recordings.copyTo("channel-life", recording);
        Path data = directory.resolve("data");
        run(
                0,
                "replay",
                "--recording",
                recording.toString(),
                "--books",
                recording.resolve("books.csv").toString(),
                "--as-of",
                MerchantDay.AS_OF,
                "--out",
                directory.resolve("out").toString(),
                "--data",
                data.toString());
        Expectation expected = Expectation.of(recording);
        expected.requireMismatches(directory.resolve("out"));
        expected.requireBalances(directory.resolve("out"));
        GoldenReports.requireEqual("channel-life", directory.resolve("out"));

        JsonNode results = json("channels", "--all", "--format", "json", "--data", data.toString());
        assertThat(results.path("nodes")).isNotEmpty();
        results.path("nodes")
                .forEach(node -> assertThat(node.path("difference_msat").asLong()).isZero());
        requireCloses(truth(), results);

        assertThat(payment(TIMED_OUT, data).path("safe_to_refund").asBoolean()).isTrue();
        assertThat(payment(PAID, data).path("safe_to_refund").asBoolean()).isFalse();
        assertThat(run(2, "payment", "00".repeat(32), "--data", data.toString()))
                .contains("nothing is known under it");
        new Home(data).state();
    }

    private static JsonNode truth() throws IOException {
        try (InputStream packed =
                        requireNonNull(
                                Recordings.class.getResourceAsStream(
                                        "/recordings/channel-life/truth.json.gz"));
                InputStream in = new GZIPInputStream(packed)) {
            return JSON.readTree(in);
        }
    }

    /// Cost and return of each close are known to the msat.
    private static void requireCloses(JsonNode truth, JsonNode results) {
        List<String> found = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        truth.path("closes")
                .forEachEntry(
                        (point, close) ->
                                close.path("result")
                                        .forEachEntry(
                                                (name, result) -> {
                                                    String node =
                                                            truth.path("nodes")
                                                                    .path(name)
                                                                    .asString();
                                                    expected.add(
                                                            "%s %s CLOSED %d %d"
                                                                    .formatted(
                                                                            node,
                                                                            point,
                                                                            result.path("cost_msat")
                                                                                    .asLong(),
                                                                            result.path(
                                                                                                    "wallet_net_sat")
                                                                                            .asLong()
                                                                                    * 1_000));
                                                }));
        results.path("channels")
                .forEach(
                        channel -> {
                            if (!channel.path("state").asString().equals("OPEN")) {
                                found.add(
                                        "%s %s %s %d %d"
                                                .formatted(
                                                        channel.path("node").asString(),
                                                        channel.path("channel").asString(),
                                                        channel.path("state").asString(),
                                                        channel.path("close_cost_msat").asLong(),
                                                        channel.path("returned_msat").asLong()));
                            }
                        });
        assertThat(found).hasSize(8).containsExactlyInAnyOrderElementsOf(expected);
    }

    private JsonNode payment(String hash, Path data) throws Exception {
        return json("payment", hash, "--format", "json", "--data", data.toString());
    }

    /// What it says on stderr comes before.
    private JsonNode json(String... arguments) throws Exception {
        String said = run(0, arguments);
        return JSON.readTree(said.substring(said.indexOf('{')));
    }

    private String run(int exitCode, String... arguments) throws Exception {
        Program.Ended ended = Program.run(directory, List.of(arguments));
        assertThat(ended.exitCode()).as(ended.said()).isEqualTo(exitCode);
        return ended.said();
    }
}
