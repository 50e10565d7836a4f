package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import tallystick.simulator.replay.Recordings;

/// The recording of a merchant's day, replayed by the program.
record MerchantDay(Path recording) {
    static final String AS_OF = "2026-11-23T00:10:00Z";

    static MerchantDay in(Path directory) {
        Recordings.copyTo("merchant-day", directory);
        return new MerchantDay(directory);
    }

    Program start(Path workDirectory, Home home, Path out) throws IOException {
        return Program.start(
                workDirectory,
                List.of(
                        "replay",
                        "--recording",
                        recording.toString(),
                        "--books",
                        recording.resolve("books.csv").toString(),
                        "--as-of",
                        AS_OF,
                        "--out",
                        out.toString(),
                        "--data",
                        home.data().toString()));
    }

    /// Replays to the end.
    void replay(Path workDirectory, Home home, Path out) throws IOException, InterruptedException {
        Program.Ended ended = start(workDirectory, home, out).await();
        assertThat(ended.exitCode()).as(ended.said()).isZero();
    }

    /// What the program wrote, by file name, but for the way that everything took: each start adds to that.
    static SortedMap<String, String> results(Path out) throws IOException {
        SortedMap<String, String> results = new TreeMap<>();
        try (Stream<Path> files = Files.walk(out)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = out.relativize(file).toString();
                if (!name.equals("path.json")) {
                    results.put(name, Files.readString(file));
                }
            }
        }
        return results;
    }
}
