package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import tallystick.report.day.ReportDesk;
import tallystick.simulator.replay.Recordings;

/// The recording of a merchant's day, replayed by the program.
record MerchantDay(Path recording) {
    static final String AS_OF = "2026-11-23T00:10:00Z";

    static MerchantDay in(Path directory) {
        Recordings.copyTo("merchant-day", directory);
        return new MerchantDay(directory);
    }

    Program start(Path workDirectory, Home home, Path out) throws IOException {
        return start(workDirectory, home, out, List.of());
    }

    /// @param settings further arguments, such as `--set`
    Program start(Path workDirectory, Home home, Path out, List<String> settings)
            throws IOException {
        List<String> arguments = new ArrayList<>();
        arguments.add("replay");
        arguments.addAll(List.of("--recording", recording.toString()));
        arguments.addAll(List.of("--books", recording.resolve("books.csv").toString()));
        arguments.addAll(List.of("--as-of", AS_OF));
        arguments.addAll(List.of("--out", out.toString()));
        arguments.addAll(List.of("--data", home.data().toString()));
        arguments.addAll(settings);
        return Program.start(workDirectory, arguments);
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
                    results.put(name, content(file));
                }
            }
        }
        return results;
    }

    /// As text; of what is none, its digest.
    private static String content(Path file) throws IOException {
        String name = file.toString();
        return name.endsWith(".pdf") || name.endsWith(".xlsx")
                ? HexFormat.of().formatHex(ReportDesk.digest(Files.readAllBytes(file)))
                : Files.readString(file);
    }
}
