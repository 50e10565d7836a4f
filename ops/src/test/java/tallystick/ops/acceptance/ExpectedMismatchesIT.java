package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"merchant-day", "restarts", "channel-life"})
    void givesWhatIsExpected(String name) throws Exception {
        Path recording = directory.resolve("recording");
        Recordings.copyTo(name, recording);

        Path out = replay(recording, "out");

        Expectation.of(recording).requireMismatches(out);
    }

    /// No channel closes in these, so all that moves is posted.
    @ParameterizedTest
    @ValueSource(strings = {"merchant-day", "restarts"})
    void provesEveryBalance(String name) throws Exception {
        Path recording = directory.resolve("recording");
        Recordings.copyTo(name, recording);

        Path out = replay(recording, "out");

        Expectation.of(recording).requireBalances(out);
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
}
