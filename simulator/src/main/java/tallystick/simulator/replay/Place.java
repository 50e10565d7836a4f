package tallystick.simulator.replay;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Base64;
import java.util.BitSet;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Where a replay stands, kept in a file: up to there all is done and need not be said again.
///
/// @param step how many steps of the timeline are done
/// @param served the steps whose messages were served
record Place(int step, BitSet served) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    static Place start() {
        return new Place(0, new BitSet());
    }

    /// The place in the file, or the start when there is none.
    ///
    /// @throws ReplayException when the file belongs to another recording or cannot be read
    static Place read(Optional<Path> file, Recording recording, int size) {
        if (file.isEmpty() || !Files.exists(file.get())) {
            return start();
        }
        try {
            JsonNode json = JSON.readTree(Files.readAllBytes(file.get()));
            String digest = json.path("recording").stringValue("");
            if (!digest.equals(recording.digest())) {
                throw new ReplayException(
                        "%s: recording: %s (expected: %s, the recording that was begun here; or another data directory)"
                                .formatted(file.get(), recording.digest(), digest));
            }
            int step = json.path("step").intValue(-1);
            if (step < 0 || step > size) {
                throw new ReplayException(
                        "%s: step: %s (expected: 0 to %d)"
                                .formatted(file.get(), json.path("step"), size));
            }
            byte[] served = Base64.getDecoder().decode(json.path("served").stringValue(""));
            return new Place(step, BitSet.valueOf(served));
        } catch (IOException | JacksonException | IllegalArgumentException e) {
            throw new ReplayException(
                    "%s: %s (expected: the place of a replay)".formatted(file.get(), e), e);
        }
    }

    /// Replaces the file as a whole: whenever the process dies, there is the old place or the new one.
    void write(Path file, Recording recording) {
        ObjectNode json = JSON.createObjectNode();
        json.put("recording", recording.digest());
        json.put("step", step);
        json.put("served", Base64.getEncoder().encodeToString(served.toByteArray()));
        Path absolute = file.toAbsolutePath();
        Path temporary = absolute.resolveSibling(absolute.getFileName() + ".new");
        try {
            Files.createDirectories(absolute.getParent());
            try (FileChannel out =
                    FileChannel.open(
                            temporary,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE,
                            StandardOpenOption.TRUNCATE_EXISTING)) {
                ByteBuffer bytes = ByteBuffer.wrap(JSON.writeValueAsBytes(json));
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                out.force(true);
            }
            Files.move(
                    temporary,
                    absolute,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException("place of the replay: " + absolute, e);
        }
    }
}
