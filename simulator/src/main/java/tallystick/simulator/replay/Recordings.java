package tallystick.simulator.replay;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/// The recordings of real nodes that come with the program, each with the books of the business and what is expected of
/// them: `<node>.jsonl.gz`, `books.csv`, `expected.json` and `truth.json.gz`.
public final class Recordings {
    private static final List<String> NAMES = List.of("channel-life", "merchant-day", "restarts");

    /// A folder on the class path cannot be listed, so its files are named.
    private static final List<String> FILES =
            List.of(
                    "alice.jsonl.gz",
                    "bob.jsonl.gz",
                    "books.csv",
                    "expected.json",
                    "truth.json.gz");

    private Recordings() {}

    /// What there is, sorted.
    public static List<String> names() {
        return NAMES;
    }

    /// Copies one recording with all that belongs to it into a directory, which is made when absent.
    public static void copyTo(String name, Path directory) {
        if (!NAMES.contains(name)) {
            throw new IllegalArgumentException(
                    "recording: %s (expected: one of %s)".formatted(name, NAMES));
        }
        try {
            Files.createDirectories(directory);
            for (String file : FILES) {
                try (InputStream in = open(name, file)) {
                    Files.copy(in, directory.resolve(file), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("recording %s to %s".formatted(name, directory), e);
        }
    }

    private static InputStream open(String name, String file) {
        String resource = "/recordings/%s/%s".formatted(name, file);
        InputStream in = Recordings.class.getResourceAsStream(resource);
        if (in == null) {
            throw new IllegalStateException(resource + ": not on the class path");
        }
        return in;
    }
}
