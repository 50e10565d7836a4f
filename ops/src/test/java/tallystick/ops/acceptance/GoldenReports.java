package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The daily reports of a recording, held against files of the repository. `-Dgolden.update=true` takes them over; what then
/// changed is seen in the diff.
final class GoldenReports {
    private static final Path FOLDER = Path.of("src/test/resources/golden");

    /// The formats that are read in a diff. The others are made from the same, and are read back in tests of their own.
    private static final List<String> ENDINGS = List.of(".json", ".csv", ".html");

    private static final Pattern STYLE = Pattern.compile("<style.*?</style>", Pattern.DOTALL);

    private GoldenReports() {}

    static void requireEqual(String recording, Path out) throws IOException {
        SortedMap<String, String> reports = texts(out.resolve("report"));
        Path golden = FOLDER.resolve(recording);
        if (Boolean.getBoolean("golden.update")) {
            for (var report : reports.entrySet()) {
                Path file = golden.resolve(report.getKey());
                Files.createDirectories(file.resolveSibling(""));
                Files.writeString(file, report.getValue());
            }
        }
        assertThat(reports).isNotEmpty();
        assertThat(reports.keySet()).isEqualTo(texts(golden).keySet());
        for (var report : reports.entrySet()) {
            assertThat(report.getValue())
                    .as(
                            "%s of %s (expected: as before; -Dgolden.update=true takes it over)",
                            report.getKey(), recording)
                    .isEqualTo(texts(golden).get(report.getKey()));
        }
    }

    private static SortedMap<String, String> texts(Path folder) throws IOException {
        SortedMap<String, String> texts = new TreeMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (ENDINGS.stream().anyMatch(file.toString()::endsWith)) {
                    texts.put(folder.relativize(file).toString(), text(file));
                }
            }
        }
        return texts;
    }

    /// How a page looks is none of the recordings' business: tests of the page hold the stylesheet.
    private static String text(Path file) throws IOException {
        return STYLE.matcher(Files.readString(file)).replaceAll("<style></style>");
    }
}
