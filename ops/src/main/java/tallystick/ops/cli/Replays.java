package tallystick.ops.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tallystick.ops.pipeline.Ledger;
import tallystick.ops.pipeline.Progress;
import tallystick.ops.pipeline.ReplayJob;
import tallystick.ops.pipeline.ReplayPipeline;
import tallystick.ops.pipeline.ReplayResult;
import tallystick.ops.pipeline.Workplace;
import tallystick.report.ReplayFiles;

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
            write(result, out);
            progress.done("Recording replayed, swept, applied and decided as of " + job.asOf());
            return result;
        }
    }

    private static void write(ReplayResult result, Path out) {
        ReplayFiles.write(out, result.reading(), result.checkpoints());
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
