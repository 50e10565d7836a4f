package tallystick.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import tallystick.db.report.LedgerReading;
import tallystick.report.terminal.TerminalStyle;

/// The files of a replay. They hold facts only: no time of writing, no program version, no ledger sequence, so that two
/// replays of one recording are equal byte for byte.
public final class ReplayFiles {
    private ReplayFiles() {}

    /// Writes `mismatches.json`, `items.json`, `proof.json`, `proofs.json` and, for each business day, its report as
    /// JSON, HTML and text into `report/`. Makes the folders; replaces files that are there.
    public static void write(Path out, LedgerReading reading, List<LedgerReading> checkpoints) {
        JsonReport json = new JsonReport();
        HtmlReport html = new HtmlReport();
        TerminalReport text = new TerminalReport(TerminalStyle.PLAIN);
        write(out, "mismatches.json", json.mismatches(reading));
        write(out, "items.json", json.items(reading));
        write(out, "proof.json", json.proof(reading));
        write(out, "proofs.json", json.proofs(checkpoints));
        Path reports = out.resolve("report");
        for (LocalDate day : reading.businessDays()) {
            write(reports, day + ".json", json.day(reading, day));
            write(reports, day + ".html", html.render(reading, day));
            write(reports, day + ".txt", text.day(reading, day));
        }
    }

    private static void write(Path folder, String name, String text) {
        try {
            Files.createDirectories(folder);
            Files.write(folder.resolve(name), text.getBytes(UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "%s: not written to %s (expected: a folder we may write to)"
                            .formatted(name, folder),
                    e);
        }
    }
}
