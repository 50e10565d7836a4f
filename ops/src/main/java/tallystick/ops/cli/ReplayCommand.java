package tallystick.ops.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tallystick.ops.config.Settings;
import tallystick.ops.pipeline.ReplayJob;
import tallystick.ops.pipeline.ReplayPipeline;
import tallystick.ops.pipeline.ReplayResult;
import tallystick.report.ReplayFiles;

@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        description = {
            "Runs the whole pipeline on a recording of real nodes and writes what came of it.",
            "With --data the ledger is kept, and a replay that was cut off goes on where it was."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick replay --recording DIR --books DIR/books.csv --as-of 2026-11-23T00:10:00Z --out OUT",
            "  ./tallystick replay --recording DIR --source shop --books a.csv --books b.csv \\",
            "      --as-of 2026-11-23T00:10:00Z --out OUT --data DATA --fail-on-mismatch"
        })
final class ReplayCommand implements Callable<Integer> {
    @Mixin private CommonOptions common;
    @Spec private CommandSpec spec;

    @Option(
            names = "--recording",
            required = true,
            paramLabel = "DIR",
            description = "one <node>.jsonl or <node>.jsonl.gz for each node")
    private Path recording;

    @ArgGroup(exclusive = false, multiplicity = "0..*")
    private List<BooksOption> books = new ArrayList<>();

    @Option(
            names = "--as-of",
            required = true,
            paramLabel = "TIME",
            description = "the moment to decide for, as 2026-11-23T00:10:00Z")
    private String asOf;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "OUT",
            description = "directory for the results")
    private Path out;

    @Option(names = "--fail-on-mismatch", description = "exit with 3 when any mismatch is open")
    private boolean failOnMismatch;

    /// A file of book entries with the source that goes before it.
    static final class BooksOption {
        @Option(
                names = "--source",
                paramLabel = "NAME",
                description =
                        "the system that the next --books comes from (default: the file's name without ending)")
        private @Nullable String source;

        @Option(
                names = "--books",
                required = true,
                paramLabel = "FILE.csv",
                description = "book entries; may be repeated")
        private Path file;

        ReplayJob.Books books() {
            String name = file.getFileName().toString();
            int dot = name.lastIndexOf('.');
            String stem = dot > 0 ? name.substring(0, dot) : name;
            return new ReplayJob.Books(file, source == null ? stem : source);
        }
    }

    @Override
    public Integer call() throws InterruptedException, IOException {
        Instant moment = moment();
        Path fresh = common.data().isPresent() ? null : Files.createTempDirectory("tallystick-");
        try {
            Settings settings = fresh == null ? common.settings() : common.settings(fresh);
            ReplayResult result = replay(settings, moment);
            write(result);
            PrintWriter stdout = spec.commandLine().getOut();
            stdout.printf(
                    "%d mismatches, %d references with entries; results in %s%n",
                    result.reading().mismatches().size(), result.reading().pairs().size(), out);
            stdout.flush();
            return failOnMismatch && !result.reading().mismatches().isEmpty()
                    ? ExitCode.MISMATCHES
                    : ExitCode.OK;
        } finally {
            if (fresh != null) {
                delete(fresh);
            }
        }
    }

    private ReplayResult replay(Settings settings, Instant moment) throws InterruptedException {
        try (var progress = TerminalProgress.ofThisProcess();
                var workplace = Workplace.own(settings);
                var ledger = Ledger.open(settings, workplace)) {
            progress.done(
                    "Broker and database started, ledger %s".formatted(settings.ledger().name()));
            Path directory = ReplayPipeline.directory(settings.data().directory());
            var job =
                    new ReplayJob(
                            recording,
                            books.stream().map(BooksOption::books).toList(),
                            moment,
                            directory);
            ReplayResult result =
                    new ReplayPipeline(ledger.place(), new ProgressWatcher(progress)).run(job);
            progress.done("Replayed, swept and applied");
            return result;
        }
    }

    private void write(ReplayResult result) throws IOException {
        Files.createDirectories(out);
        ReplayFiles.write(out, result.reading(), result.checkpoints());
        Files.writeString(out.resolve("path.json"), result.path().json());
    }

    private Instant moment() {
        try {
            return Instant.parse(asOf);
        } catch (DateTimeParseException e) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "--as-of: %s (expected: a time as 2026-11-23T00:10:00Z)".formatted(asOf),
                    e);
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
