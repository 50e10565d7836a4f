package tallystick.ops.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tallystick.db.report.LedgerReading;
import tallystick.ops.config.Settings;
import tallystick.ops.embedded.Trees;
import tallystick.ops.pipeline.ReplayJob;
import tallystick.ops.pipeline.ReplayJob.Books;
import tallystick.ops.pipeline.ReplayPipeline;
import tallystick.ops.pipeline.Workplace;
import tallystick.report.MismatchFilter;
import tallystick.report.MismatchTable;
import tallystick.report.TerminalReport;
import tallystick.report.terminal.TextPage;
import tallystick.simulator.replay.Recordings;

@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Shows a merchant's recorded day, nodes against books.",
            "Replays two real nodes through the whole pipeline and shows what does not agree. Everything happens on this machine, in .tallystick/demo, with a broker and a database of its own, whatever the settings name.",
            "On a terminal it then serves the pages, with the day's report and two people to sign in as, until Ctrl-C; without one, or with --exit, it ends."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick demo",
            "  ./tallystick demo --exit",
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

    @Override
    public Integer call() throws Exception {
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
            new DemoPages(settings, AS_OF, DAY, common.out()).serve(port);
        }
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
