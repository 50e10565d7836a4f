package tallystick.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tallystick.db.report.LedgerReading;
import tallystick.report.day.DayDocument;
import tallystick.report.day.DayFormat;

/// The files of a replay. They hold facts only: no time of writing, no program version, no ledger sequence, so that two
/// replays of one recording are equal byte for byte.
public final class ReplayFiles {
    private ReplayFiles() {}

    /// Writes `mismatches.json`, `items.json`, `proof.json`, `proofs.json` and, into `report/`, the facts of each business day
    /// in every format. Makes the folders; replaces files that are there.
    public static void write(
            Path out,
            LedgerReading reading,
            List<LedgerReading> checkpoints,
            List<DayDocument> days) {
        JsonReport json = new JsonReport();
        write(out, "mismatches.json", json.mismatches(reading).getBytes(UTF_8));
        write(out, "items.json", json.items(reading).getBytes(UTF_8));
        write(out, "proof.json", json.proof(reading).getBytes(UTF_8));
        write(out, "proofs.json", json.proofs(checkpoints).getBytes(UTF_8));
        for (DayDocument day : days) {
            for (DayFormat format : DayFormat.of(day.report())) {
                format.render(day)
                        .forEach((name, file) -> write(out.resolve("report"), name, file));
            }
        }
    }

    private static void write(Path folder, String name, byte[] content) {
        Path file = folder.resolve(name);
        try {
            Files.createDirectories(file.resolveSibling(""));
            Files.write(file, content);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "%s: not written (expected: a folder we may write to)".formatted(file), e);
        }
    }
}
