package tallystick.ops.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tallystick.ops.config.Settings;
import tallystick.ops.pipeline.Ledger;
import tallystick.ops.pipeline.Progress;
import tallystick.ops.pipeline.ReplayJob;
import tallystick.ops.pipeline.ReplayPipeline;
import tallystick.ops.pipeline.ReplayResult;
import tallystick.ops.pipeline.Workplace;
import tallystick.report.ReplayFiles;
import tallystick.report.day.BusinessDay;
import tallystick.report.day.DayDocument;

/// A replay from a command's point of view: services first, files last.
final class Replays {
    private Replays() {}

    @FunctionalInterface
    interface Opening {
        Workplace open() throws InterruptedException;
    }

    /// Replays, decides, and writes all files to `out`.
    static ReplayResult run(ReplayJob job, Opening opening, Path out, Progress progress)
            throws InterruptedException {
        progress.now("Reading the recording");
        try (var replay = ReplayPipeline.open(job);
                var workplace = opening.open();
                var ledger = Ledger.prepare(workplace)) {
            progress.done(
                    "Broker and database started, ledger %s ready"
                            .formatted(workplace.settings().ledger().name()));
            ReplayResult result = new ReplayPipeline(ledger.place(), progress).run(job, replay);
            write(result, days(ledger, workplace.settings(), result), out);
            progress.done("Recording replayed, swept, applied and decided as of " + job.asOf());
            return result;
        }
    }

    /// Facts only: when they became known, and who said so, is another each time.
    private static List<DayDocument> days(Ledger ledger, Settings settings, ReplayResult result) {
        return result.reading().businessDays().stream()
                .map(
                        date ->
                                new BusinessDay(
                                        date,
                                        settings.ledger().timeZone(),
                                        settings.report().cutOff()))
                .map(day -> ledger.reports().facts(day))
                .toList();
    }

    private static void write(ReplayResult result, List<DayDocument> days, Path out) {
        ReplayFiles.write(out, result.reading(), result.checkpoints(), days);
        try {
            Files.writeString(out.resolve("path.json"), result.path().json());
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "path.json: not written to %s (expected: a folder we may write to)"
                            .formatted(out),
                    e);
        }
    }
}
