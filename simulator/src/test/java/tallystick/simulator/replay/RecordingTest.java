package tallystick.simulator.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.AbstractMessage;
import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tallystick.proto.lnrpc.Invoice;
import tallystick.simulator.server.Rpc;

class RecordingTest {
    private static final String REQUEST =
            "{\"at\":5,\"call\":1,\"rpc\":\"/a.B/C\",\"event\":\"request\",\"bytes\":\"\"}";

    @TempDir Path directory;

    @Test
    void readsEveryNodeWhetherCompressedOrNot() {
        write("bob.jsonl", REQUEST + "\n{\"at\":6,\"mark\":\"note\"}\n");
        Recording plain = Recording.read(directory);
        delete("bob.jsonl");
        writeBytes("bob.jsonl.gz", gzip(REQUEST + "\n{\"at\":6,\"mark\":\"note\"}\n"));
        write("README.md", "not a recording");

        Recording compressed = Recording.read(directory);

        assertThat(compressed.digest()).isEqualTo(plain.digest());
        NodeRecording bob = compressed.nodes().getFirst();
        assertThat(compressed.nodes()).hasSize(1);
        assertThat(bob.alias()).isEqualTo("bob");
        assertThat(bob.lines())
                .containsExactly(
                        new Line.Request(5, 1, 1, "/a.B/C", ByteString.EMPTY),
                        new Line.Mark(6, 2, "note"));
    }

    @Test
    void keepsTheListsOfACheckpoint() throws Exception {
        new RecordingFile(1).checkpoint(3, Map.of()).write(directory, "alice");

        Checkpoint checkpoint =
                Recording.read(directory).nodes().getFirst().checkpoints().getFirst();

        assertThat(checkpoint.number()).isEqualTo(3);
        assertThat(checkpoint.line()).isEqualTo(1);
        assertThat(checkpoint.answers(Rpc.GET_INFO))
                .extracting(Checkpoint.Answer::bytes)
                .containsExactly(RecordingFile.INFO.toByteString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    {"at":6,"mark":"x"  | line: {"at":6,"mark":"x"
                    [1]                 | line: [1] (expected: a JSON object)
                    {"mark":"x"}        | at: missing (expected: a whole number from 0 to 9223372036854775807)
                    {"at":"6","mark":"x"} | at: "6" (expected: a whole number
                    {"at":4,"mark":"x"} | at: 4 (expected: not before the line above, 5)
                    {"at":6,"call":1,"rpc":"/a.B/C","event":"reply","bytes":""}       | event: reply (expected: request, message or end)
                    {"at":6,"call":1,"rpc":"/a.B/C","event":"message","bytes":"%%"}   | bytes: %% (expected: base64)
                    {"at":6,"call":1,"rpc":"/a.B/C","event":"message"}                | bytes: missing (expected: a string)
                    {"at":6,"call":2,"rpc":"/a.B/C","event":"message","bytes":""}     | call: 2 (expected: a call whose request is above and not ended)
                    {"at":6,"call":2,"rpc":"/a.B/C","event":"end","code":0,"detail":""} | call: 2 (expected: a call whose request
                    {"at":6,"call":1,"rpc":"/a.B/D","event":"message","bytes":""}     | rpc: /a.B/D (expected: that of the call's request, /a.B/C)
                    {"at":6,"call":1,"rpc":"/a.B/C","event":"request","bytes":""}     | call: 1 (expected: no request while it is open)
                    {"at":6,"call":1,"rpc":"/a.B/C","event":"end","code":17,"detail":""} | code: 17 (expected: a whole number from 0 to 16)
                    {"at":6,"call":1,"rpc":"C","event":"message","bytes":""}          | rpc: C (expected: /package.Service/Method)
                    {"at":6,"mark":"checkpoint 1 end"}                                | mark: checkpoint 1 end (expected: an end after its begin)
                    {"at":6,"mark":"checkpoint 1 begin"}                              | mark: the file ends in checkpoint 1
                    """)
    void namesFileLineFieldAndRule(String line, String problem) {
        write("alice.jsonl", REQUEST + "\n" + line + "\n");

        assertThatThrownBy(() -> Recording.read(directory))
                .isInstanceOfSatisfying(
                        RecordingException.class,
                        e -> {
                            assertThat(e.file()).isEqualTo(directory.resolve("alice.jsonl"));
                            assertThat(e.line()).isEqualTo(2);
                            assertThat(problem).startsWith(e.field());
                        })
                .hasMessageContaining("alice.jsonl:2: " + problem);
    }

    @Test
    void refusesFilesThatAreCutOffOrNotWhatTheySeem() {
        byte[] whole = gzip(REQUEST + "\n" + "{\"at\":6,\"mark\":\"x\"}\n");
        writeBytes("alice.jsonl.gz", Arrays.copyOf(whole, whole.length - 9));
        assertThatThrownBy(() -> Recording.read(directory))
                .isInstanceOf(RecordingException.class)
                .hasMessageContaining("alice.jsonl.gz")
                .hasMessageContaining("(expected: a complete gzip file)");

        write("alice.jsonl.gz", REQUEST);
        assertThatThrownBy(() -> Recording.read(directory))
                .isInstanceOf(RecordingException.class)
                .hasMessageContaining("(expected: a gzip file)");
        delete("alice.jsonl.gz");

        writeBytes("alice.jsonl", new byte[] {'{', (byte) 0xff, '}', '\n'});
        assertThatThrownBy(() -> Recording.read(directory))
                .isInstanceOf(RecordingException.class)
                .hasMessageContaining("(expected: UTF-8)");

        write("alice.jsonl", "");
        assertThatThrownBy(() -> Recording.read(directory))
                .isInstanceOf(RecordingException.class)
                .hasMessageEndingWith("alice.jsonl: file: empty (expected: at least one line)");
    }

    @Test
    void refusesDirectoriesWithoutOneFileForEachNode() {
        assertThatThrownBy(() -> Recording.read(directory))
                .isInstanceOf(RecordingException.class)
                .hasMessageContaining("no recording (expected: files <node>.jsonl or .jsonl.gz)");
        assertThatThrownBy(() -> Recording.read(directory.resolve("absent")))
                .isInstanceOf(RecordingException.class)
                .hasMessageContaining("(expected: a directory that can be read)");

        write("alice.jsonl", REQUEST);
        writeBytes("alice.jsonl.gz", gzip(REQUEST));
        assertThatThrownBy(() -> Recording.read(directory))
                .isInstanceOf(RecordingException.class)
                .hasMessageContaining("(expected: one file for each node)");
    }

    @Test
    void refusesANodeThatNeverSaidWhoItIs() {
        write("alice.jsonl", REQUEST);
        NodeRecording node = Recording.read(directory).nodes().getFirst();

        assertThatThrownBy(() -> NodeScript.of(node))
                .isInstanceOf(RecordingException.class)
                .hasMessageContaining("no answer to GetInfo in any checkpoint");
    }

    @Test
    void refusesAListThatIsNone() throws Exception {
        AbstractMessage invoice =
                Invoice.newBuilder().setMemo("as if it were a list").setAddIndex(1).build();
        new RecordingFile(1)
                .checkpoint(3, Map.of(Rpc.LIST_INVOICES, invoice))
                .write(directory, "alice");
        NodeRecording node = Recording.read(directory).nodes().getFirst();

        assertThatThrownBy(() -> NodeScript.of(node))
                .isInstanceOf(RecordingException.class)
                .hasMessageContaining(
                        "alice.jsonl:6: bytes: no answer to /lnrpc.Lightning/ListInvoices");
    }

    @Test
    void refusesTwoFilesOfOneNode() throws Exception {
        new RecordingFile(1).checkpoint(3, Map.of()).write(directory, "alice");
        new RecordingFile(1).checkpoint(3, Map.of()).write(directory, "alias");
        Replay.ReplayPlan plan =
                new Replay.ReplayPlan(
                        Set.of(), Set.of(), directory.resolve("work"), Optional.empty());

        assertThatThrownBy(() -> Replay.open(directory, plan))
                .isInstanceOf(RecordingException.class)
                .hasMessageContaining("alice.jsonl: node: 02")
                .hasMessageContaining(", as alias (expected: one file for each node)");
    }

    @Test
    void bringsThreeRecordings() {
        assertThat(Recordings.names())
                .isEqualTo(List.of("channel-life", "merchant-day", "restarts"));
        for (String name : Recordings.names()) {
            Path copy = directory.resolve(name);
            Recordings.copyTo(name, copy);
            assertThat(copy.resolve("books.csv")).isNotEmptyFile();
            assertThat(copy.resolve("expected.json")).isNotEmptyFile();
            assertThat(Recording.read(copy).nodes())
                    .extracting(NodeRecording::alias)
                    .containsExactly("alice", "bob");
        }
        assertThatThrownBy(() -> Recordings.copyTo("other", directory))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("recording: other (expected: one of ");
    }

    private void write(String name, String text) {
        writeBytes(name, text.getBytes(StandardCharsets.UTF_8));
    }

    private void writeBytes(String name, byte[] bytes) {
        try {
            Files.write(directory.resolve(name), bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void delete(String name) {
        try {
            Files.delete(directory.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] gzip(String text) {
        var bytes = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
