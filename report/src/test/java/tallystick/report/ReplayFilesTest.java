package tallystick.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.db.report.LedgerReading;

class ReplayFilesTest {
    private static final List<LedgerReading> CHECKPOINTS =
            List.of(Readings.with(0), Readings.broken());

    @TempDir Path folder;

    @Test
    void jsonLooksAsBefore() throws IOException {
        JsonReport json = new JsonReport();
        LedgerReading reading = Readings.with(40);

        Golden.assertEqual("mismatches.json", json.mismatches(reading));
        Golden.assertEqual("items.json", json.items(reading));
        Golden.assertEqual("proof.json", json.proof(reading));
        Golden.assertEqual("proofs.json", json.proofs(CHECKPOINTS));
        Golden.assertEqual("mismatches-hostile.json", json.mismatches(Readings.hostile(8)));
        Golden.assertEqual("empty.json", json.mismatches(Readings.empty()));
    }

    @Test
    void writesTheSameFilesAgain() throws IOException {
        Path one = folder.resolve("one");
        Path two = folder.resolve("two");

        ReplayFiles.write(one, Readings.with(4_000), CHECKPOINTS, List.of());
        ReplayFiles.write(two, Readings.with(4_000), CHECKPOINTS, List.of());
        ReplayFiles.write(two, Readings.with(4_000), CHECKPOINTS, List.of());

        List<Path> names = names(one);
        assertThat(names)
                .containsExactlyInAnyOrder(
                        Path.of("mismatches.json"),
                        Path.of("items.json"),
                        Path.of("proof.json"),
                        Path.of("proofs.json"));
        assertThat(names(two)).containsExactlyInAnyOrderElementsOf(names);
        for (Path name : names) {
            assertThat(one.resolve(name)).hasSameBinaryContentAs(two.resolve(name));
        }
    }

    private static List<Path> names(Path out) throws IOException {
        try (Stream<Path> files = Files.walk(out)) {
            return files.filter(Files::isRegularFile).map(out::relativize).toList();
        }
    }
}
