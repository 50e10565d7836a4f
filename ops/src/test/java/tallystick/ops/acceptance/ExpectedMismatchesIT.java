package tallystick.ops.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tallystick.simulator.replay.Recordings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Recordings of real nodes give exactly the mismatches that are known of them: none missing, none extra. That of channels'
/// lives is in `ChannelLifeIT`.
@ExtendWith(UninterruptedReplay.Parameter.class)
class ExpectedMismatchesIT {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /// After the last line of a merchant's day.
    private static final Instant STOPPED = Instant.parse("2026-11-22T22:54:00Z");

    @TempDir Path directory;

    @Test
    void ofADayAreExact(UninterruptedReplay once) throws Exception {
        Path out = once.directory().resolve("out");

        Expectation expected = Expectation.of(once.day().recording());
        expected.requireMismatches(out);
        expected.requireBalances(out);
        GoldenReports.requireEqual("merchant-day", out);
    }

    @Test
    void ofRestartsAreExact() throws Exception {
        Path recording = directory.resolve("recording");
        Recordings.copyTo("restarts", recording);

        Path out = replay(recording, "out");

        Expectation expected = Expectation.of(recording);
        expected.requireMismatches(out);
        expected.requireBalances(out);
        GoldenReports.requireEqual("restarts", out);
    }

    /// Nobody can sweep them any more. A transaction is told of once the wallet is read past the time of its block, which runs ahead of
    /// the last checkpoint here.
    @Test
    void ofADayWhoseNodesAreDownAtItsEndAreThoseOfWhatWasRead(UninterruptedReplay once)
            throws Exception {
        Path recording = directory.resolve("down");
        Recordings.copyTo("merchant-day", recording);
        for (String node : List.of("alice", "bob")) {
            stopAtTheEnd(recording.resolve(node + ".jsonl.gz"));
        }

        Path out = replay(recording, "out");

        List<JsonNode> known = new ArrayList<>();
        for (JsonNode one :
                read(once.directory().resolve("out"), "mismatches.json").path("mismatches")) {
            if (!one.path("code").asString().equals("ONCHAIN_TX_NOT_BOOKED")) {
                known.add(one);
            }
        }
        assertThat(read(out, "mismatches.json").path("mismatches"))
                .containsExactlyElementsOf(known);
        assertThat(read(out, "path.json").path("not_swept").propertyStream())
                .extracting(Map.Entry::getKey)
                .containsExactly("alice", "bob");
    }

    private static void stopAtTheEnd(Path file) throws IOException {
        long at = TimeUnit.SECONDS.toNanos(STOPPED.getEpochSecond());
        try (var end =
                new GZIPOutputStream(Files.newOutputStream(file, StandardOpenOption.APPEND))) {
            end.write("{\"at\":%d,\"mark\":\"lnd stopped\"}\n".formatted(at).getBytes(UTF_8));
        }
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

    @Test
    void eachDayHasItsReportInEveryFormat(UninterruptedReplay once) {
        Path reports = once.directory().resolve("out").resolve("report");

        for (String ending : List.of("txt", "json", "html", "pdf", "xlsx")) {
            assertThat(reports.resolve("2026-11-22." + ending)).isNotEmptyFile();
        }
        assertThat(reports.resolve("2026-11-22.csv/4-mismatches.csv")).isNotEmptyFile();
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
