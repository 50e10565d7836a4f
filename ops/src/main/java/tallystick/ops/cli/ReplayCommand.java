package tallystick.ops.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Stack;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IParameterConsumer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import tallystick.ingest.books.BooksImport;
import tallystick.ops.embedded.Trees;
import tallystick.ops.pipeline.ReplayJob;
import tallystick.ops.pipeline.ReplayJob.Books;
import tallystick.ops.pipeline.ReplayPipeline;
import tallystick.ops.pipeline.Workplace;
import tallystick.report.TerminalReport;

@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        description = {
            "Replays a recording of real nodes and writes what came of it.",
            "It goes through the whole pipeline, is decided as of a moment, and gives mismatches.json, items.json, proof.json, proofs.json, path.json and the daily reports. With --data the data directory is kept, and a replay that was broken off goes on from its place."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick replay --recording merchant-day --books merchant-day/books.csv \\",
            "      --as-of 2026-11-23T00:10:00Z --out out",
            "  ./tallystick replay --recording day --source shop --books a.csv \\",
            "      --source erp --books b.csv --as-of 2026-11-23T00:10:00Z \\",
            "      --out out --data kept --fail-on-mismatch"
        })
final class ReplayCommand implements Callable<Integer> {
    @Mixin private final CommonOptions common = new CommonOptions();

    @Option(
            names = "--recording",
            paramLabel = "DIR",
            required = true,
            description = "folder with <node>.jsonl or <node>.jsonl.gz")
    private Path recording = Path.of("");

    @Option(
            names = "--source",
            paramLabel = "NAME",
            parameterConsumer = BooksInOrder.class,
            description = "of the next --books (default: the file's name without extension)")
    private List<String> sources = new ArrayList<>();

    @Option(
            names = "--books",
            paramLabel = "FILE",
            parameterConsumer = BooksInOrder.class,
            description = "CSV of book entries; may be repeated")
    private List<Books> books = new ArrayList<>();

    @Option(
            names = "--as-of",
            paramLabel = "TIME",
            required = true,
            description = "the moment to decide for, for example 2026-11-23T00:10:00Z")
    private Instant asOf = Instant.EPOCH;

    @Option(
            names = "--open-at",
            paramLabel = "TIME",
            description =
                    "the moment from which the ledger counts, as `ledger open` fixes it (default: all counts)")
    private @Nullable Instant openAt;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            required = true,
            description = "where the files are written")
    private Path out = Path.of("");

    @Option(names = "--fail-on-mismatch", description = "exit code 3 when mismatches are open")
    private boolean failOnMismatch;

    /// Takes the two options as they come, since a source belongs to the books that follow it.
    static final class BooksInOrder implements IParameterConsumer {
        @Override
        public void consumeParameters(Stack<String> words, ArgSpec option, CommandSpec command) {
            if (words.isEmpty()) {
                throw new ParameterException(
                        command.commandLine(),
                        "%s: nothing follows (expected: %s)"
                                .formatted(
                                        ((OptionSpec) option).longestName(), option.paramLabel()));
            }
            var replay = (ReplayCommand) command.userObject();
            String word = words.pop();
            if (((OptionSpec) option).longestName().equals("--source")) {
                replay.sources.add(word);
            } else {
                Path file = Path.of(word);
                String source = replay.sources.isEmpty() ? nameOf(file) : replay.sources.getLast();
                replay.books.add(new Books(file, source));
                replay.sources.clear();
            }
        }

        private static String nameOf(Path file) {
            String name = String.valueOf(file.getFileName());
            int dot = name.lastIndexOf('.');
            return dot > 0 ? name.substring(0, dot) : name;
        }
    }

    @Override
    public Integer call() throws Exception {
        return Signals.closingInOrder(
                () -> {
                    if (common.data().isPresent()) {
                        return replay(common.data().get());
                    }
                    return replayInFreshDirectory();
                });
    }

    private int replayInFreshDirectory() throws InterruptedException, IOException {
        Path data = Files.createTempDirectory("tallystick-replay-");
        try {
            int exitCode = replay(data);
            Trees.delete(data);
            return exitCode;
        } catch (InterruptedException e) {
            Trees.delete(data); // Given up by who started it.
            throw e;
        } catch (RuntimeException e) {
            if (Failures.exitCode(e) == ExitCode.BAD_INPUT) {
                Trees.delete(data); // The message says all there is to know.
                throw e;
            }
            System.err.printf("tallystick: the log is in %s%n", data.resolve("logs"));
            throw e;
        }
    }

    private int replay(Path data) throws InterruptedException {
        var settings = common.settingsIn(Optional.of(data));
        Optional<Instant> opening = Optional.ofNullable(openAt);
        opening.ifPresent(moment -> LedgerCommand.requireWholeSeconds("--open-at", moment));
        var job = new ReplayJob(recording, books, asOf, opening, ReplayPipeline.directory(data));
        job.books().forEach(ReplayCommand::requireReadable);
        job.books().forEach(one -> BooksImport.check(one.file(), one.source()));
        Workplace.requireBroker(settings);
        try (var progress = TerminalProgress.ofThisProcess()) {
            var result = Replays.run(job, () -> Workplace.own(settings), out, progress);
            LedgerView.keepAsOf(data, asOf);
            common.out().print(new TerminalReport(Styles.ofStdout()).overview(result.reading()));
            common.out().printf("%nWritten to %s%n", out);
            common.out().flush();
            return failOnMismatch && !result.reading().mismatches().isEmpty()
                    ? ExitCode.MISMATCHES
                    : ExitCode.OK;
        }
    }

    private static void requireReadable(Books books) {
        if (!Files.isReadable(books.file())) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "--books: %s (expected: a CSV file that can be read)".formatted(books.file()));
        }
    }
}
