package tallystick.ops.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tallystick.db.report.LedgerReading;
import tallystick.ops.config.DurationText;
import tallystick.ops.config.Settings;
import tallystick.ops.embedded.Trees;
import tallystick.ops.pipeline.Ledger;
import tallystick.ops.pipeline.ReplayJob;
import tallystick.ops.pipeline.ReplayJob.Books;
import tallystick.ops.pipeline.ReplayPipeline;
import tallystick.ops.pipeline.Workplace;
import tallystick.reconcile.ReconcileConfig;
import tallystick.reconcile.Reconciler;
import tallystick.report.MismatchFilter;
import tallystick.report.MismatchTable;
import tallystick.report.TerminalReport;
import tallystick.report.day.BusinessDay;
import tallystick.report.terminal.TextPage;
import tallystick.simulator.replay.Recordings;

@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Shows a merchant's recorded day, nodes against books.",
            "Replays two real nodes through the whole pipeline and shows what does not agree. Everything happens on this machine, in .tallystick/demo, with a broker and a database of its own, whatever the settings name.",
            "On a terminal it then serves the pages, with the day's report and two people to sign in as, until Ctrl-C; without one, or with --exit, it ends.",
            "With --live nothing is recorded: two simulated nodes live, their books are kept by somebody who makes mistakes, and one watches mismatches open and close. It follows no other nodes, whatever the settings name."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick demo",
            "  ./tallystick demo --exit",
            "  ./tallystick demo --live                     until Ctrl-C",
            "  ./tallystick demo --live --seed 7 --for 5m   the same things happen again",
            "  ./tallystick mismatches --code OVERPAID      afterwards, in the demo's ledger"
        })
final class DemoCommand implements Callable<Integer> {
    /// Apart from a real ledger, and made anew by each demo.
    static final Path DATA = Path.of(".tallystick", "demo");

    private static final String RECORDING = "merchant-day";

    /// Ten minutes after the recorded day's end: every rule of that day has come due.
    private static final Instant AS_OF = Instant.parse("2026-11-23T00:10:00Z");

    private static final LocalDate DAY = LocalDate.of(2026, 11, 22);

    private static final int LINES_SHOWN = 12;

    private static final Duration LOOK = Duration.ofSeconds(1);

    @Mixin private final CommonOptions common = new CommonOptions();

    @Option(names = "--exit", description = "end after the report, without pages")
    private boolean isOver;

    @Option(names = "--serve", description = "serve the pages also without a terminal")
    private boolean isServed;

    @Option(
            names = "--port",
            paramLabel = "NUMBER",
            description = "of the pages, on 127.0.0.1 (default: any that is free)")
    private int port;

    @Option(names = "--live", description = "two simulated nodes, and books that go wrong")
    private boolean isLive;

    @Option(
            names = "--seed",
            paramLabel = "NUMBER",
            description = "with --live: decides what happens (default: 1)")
    private @Nullable Long seed;

    @Option(
            names = "--for",
            paramLabel = "DURATION",
            description = "with --live: end after it (default: only Ctrl-C ends it)")
    private @Nullable String length;

    @Override
    public Integer call() throws Exception {
        if (!isLive && (seed != null || length != null)) {
            throw new CommandException(
                    ExitCode.BAD_INPUT, "--seed, --for: given (expected: only with --live)");
        }
        if (isLive) {
            Optional<Duration> limit = limit();
            return Signals.closingInOrder(() -> live(limit));
        }
        common.out()
                .println(
                        new TextPage(Styles.ofStdout())
                                .say(
                                        "Two Lightning nodes, one set of books, one business day. Nothing leaves this machine."));
        common.out().flush();
        Path data = common.data().orElse(DATA);
        // Never into a ledger that is somebody's.
        Settings settings = common.embeddedSettingsIn(data);
        return Signals.closingInOrder(() -> run(settings, data));
    }

    private int run(Settings settings, Path data) throws InterruptedException, IOException {
        replay(settings, data);
        if (isServed || (!isOver && Styles.isTerminal())) {
            serve(settings);
        }
        return ExitCode.OK;
    }

    private Optional<Duration> limit() {
        try {
            return Optional.ofNullable(length).map(DurationText::parse);
        } catch (IllegalArgumentException e) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "--for: %s (expected: %s)".formatted(length, e.getMessage()),
                    e);
        }
    }

    private int live(Optional<Duration> limit) throws InterruptedException, IOException {
        new LiveDemo(common, common.data().orElse(DATA), Objects.requireNonNullElse(seed, 1L))
                .run(port, limit);
        return ExitCode.OK;
    }

    private void replay(Settings settings, Path data) throws InterruptedException, IOException {
        try (var progress = TerminalProgress.ofThisProcess()) {
            Path recording = data.resolve("recording");
            Path out = data.resolve("out");
            Recordings.copyTo(RECORDING, recording);
            for (Path old : List.of(ReplayPipeline.directory(data), out)) {
                Trees.delete(old);
            }
            var job =
                    new ReplayJob(
                            recording,
                            List.of(new Books(recording.resolve("books.csv"), RECORDING)),
                            AS_OF,
                            ReplayPipeline.directory(data));
            var result = Replays.run(job, () -> Workplace.ownAnew(settings), out, progress);
            LedgerView.keepAsOf(data, AS_OF);
            show(common.out(), result.reading(), out);
        }
    }

    /// The day's report, and a worker that applies what people decide. The clock goes on from the moment of the replay.
    private void serve(Settings settings) throws InterruptedException {
        Clock clock = Clock.offset(Clock.systemUTC(), Duration.between(Instant.now(), AS_OF));
        try (var workplace = Workplace.own(settings);
                var ledger = Ledger.prepare(workplace);
                var server = Ledger.connect(workplace);
                var worker =
                        ReplayPipeline.worker(
                                ledger.place(), clock, ReconcileConfig.Pace.CONTINUOUS)) {
            worker.start();
            ledger.reports()
                    .issue(
                            new BusinessDay(
                                    DAY, settings.ledger().timeZone(), settings.report().cutOff()),
                            AS_OF);
            try (var _ = new DemoPages(workplace, clock, common.out()).open(server, port)) {
                common.out().println("Ctrl-C ends it.");
                common.out().flush();
                untilStopped(worker);
            }
        }
    }

    private static void untilStopped(Reconciler worker) {
        try {
            while (true) {
                worker.throwIfFailed();
                TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
            }
        } catch (InterruptedException _) {
            // A person has seen enough. What is open is closed in order.
        }
    }

    private static void show(PrintWriter terminal, LedgerReading reading, Path out)
            throws IOException {
        var style = Styles.ofStdout();
        terminal.println();
        terminal.println(new TerminalReport(style).overview(reading));
        terminal.println(new MismatchTable(style).render(reading, MismatchFilter.ALL, LINES_SHOWN));
        try (var reports = Files.newDirectoryStream(out.resolve("report"), "*.html")) {
            reports.forEach(report -> terminal.printf("Report: %s%n", report));
        }
        terminal.flush();
    }
}
