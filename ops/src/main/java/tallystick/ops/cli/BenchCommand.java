package tallystick.ops.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tallystick.ops.bench.BenchPlan;
import tallystick.ops.bench.Figure;
import tallystick.ops.bench.IngestBench;

@Command(
        name = "bench",
        description = "What the program does in a given time, on this machine.",
        mixinStandardHelpOptions = true,
        subcommands = BenchCommand.Ingest.class)
final class BenchCommand extends CommandGroup {
    @Command(
            name = "ingest",
            mixinStandardHelpOptions = true,
            description = {
                "Measures the way from nodes to Kafka: catch-up of a long history, memory, latency, rate, and what an idle",
                "fleet costs. Nodes are simulated; they, a broker and a reader run in this process, the ingestor in one of",
                "its own, as in production. All of it is in bench/ of the data directory while it runs, and gone afterwards.",
                "Takes about fifteen minutes and 4 GiB of disk. Exit code 3 when a figure misses its limit."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  ./tallystick bench ingest",
                "  ./tallystick bench ingest --parts latency,idle --json",
                "  ./tallystick bench ingest --parts catch_up --invoices 100000 --payments 100000"
            })
    static final class Ingest implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Option(
                names = "--parts",
                split = ",",
                paramLabel = "PART",
                description = "what to measure: ${COMPLETION-CANDIDATES} (default: all)")
        private Set<BenchPlan.Part> parts = EnumSet.noneOf(BenchPlan.Part.class);

        @Option(
                names = "--invoices",
                description = "of the history that is caught up with (default: ${DEFAULT-VALUE})")
        private int invoices = 1_000_000;

        @Option(names = "--payments", description = "of that history (default: ${DEFAULT-VALUE})")
        private int payments = 1_000_000;

        @Option(
                names = "--open",
                description = "open invoices, to measure memory (default: ${DEFAULT-VALUE})")
        private int open = 1_000_000;

        @Option(
                names = "--rate",
                description = "events a second, to measure latency (default: ${DEFAULT-VALUE})")
        private int rate = 1_000;

        @Option(
                names = "--seconds",
                description = "to measure latency for (default: ${DEFAULT-VALUE})")
        private int seconds = 60;

        @Option(
                names = "--events",
                description = "sent as fast as they go (default: ${DEFAULT-VALUE})")
        private int events = 300_000;

        @Option(names = "--nodes", description = "of the fleet (default: ${DEFAULT-VALUE})")
        private int nodes = 50;

        @Option(
                names = "--idle-seconds",
                description =
                        "to watch the idle fleet for; a multiple of the time between sweeps is fair (default: ${DEFAULT-VALUE})")
        private int idleSeconds = 300;

        @Option(names = "--heap", description = "of the ingestor (default: ${DEFAULT-VALUE})")
        private String heap = "256m";

        @Option(
                names = "--ingestor-option",
                paramLabel = "OPTION",
                description = "a further JVM option of the ingestor; may be repeated")
        private List<String> options = new ArrayList<>();

        @Option(names = "--json", description = "for programs")
        private boolean json;

        @Override
        public Integer call() throws Exception {
            BenchPlan plan = plan();
            Path home = common.settings().data().directory().resolve("bench");
            return Signals.closingInOrder(() -> run(plan, home));
        }

        private BenchPlan plan() {
            try {
                return new BenchPlan(
                        parts,
                        invoices,
                        payments,
                        open,
                        rate,
                        Duration.ofSeconds(seconds),
                        events,
                        nodes,
                        Duration.ofSeconds(idleSeconds),
                        heap,
                        options);
            } catch (IllegalArgumentException e) {
                throw new CommandException(ExitCode.BAD_INPUT, String.valueOf(e.getMessage()), e);
            }
        }

        private int run(BenchPlan plan, Path home) throws Exception {
            try (var progress = TerminalProgress.ofThisProcess()) {
                List<Figure> figures = new IngestBench(plan, home, progress).run();
                common.out().print(json ? BenchText.json(figures) : BenchText.table(figures));
                common.out().flush();
                return figures.stream().allMatch(Figure::isMet) ? ExitCode.OK : ExitCode.MISMATCHES;
            }
        }
    }
}
