package tallystick.ops.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tallystick.ops.bench.ApiBench;
import tallystick.ops.bench.ApiPlan;
import tallystick.ops.bench.BenchPlan;
import tallystick.ops.bench.Figure;
import tallystick.ops.bench.IngestBench;
import tallystick.ops.bench.ReconcileBench;
import tallystick.ops.bench.ReconcileFigures;
import tallystick.ops.bench.ReconcilePlan;
import tallystick.ops.config.Settings;
import tallystick.ops.pipeline.Workplace;

@Command(
        name = "bench",
        description = "What the program does in a given time, on this machine.",
        mixinStandardHelpOptions = true,
        subcommands = {
            BenchCommand.Ingest.class,
            BenchCommand.Reconcile.class,
            BenchCommand.Api.class
        })
final class BenchCommand extends CommandGroup {
    @Command(
            name = "ingest",
            mixinStandardHelpOptions = true,
            description = {
                "Measures the way from nodes to Kafka: catch-up of a long history, memory, latency, rate, and what an idle fleet costs.",
                "Nodes are simulated; they, a broker and a reader run in this process, the ingestor in one of its own, as in production. All of it is in bench/ of the data directory while it runs, and gone afterwards. Takes about fifteen minutes and 4 GiB of disk. Exit code 3 when a figure misses its limit."
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
                common.out()
                        .print(json ? BenchText.json(figures) : BenchText.table("Ingest", figures));
                common.out().flush();
                return figures.stream().allMatch(Figure::isMet) ? ExitCode.OK : ExitCode.MISMATCHES;
            }
        }
    }

    @Command(
            name = "reconcile",
            mixinStandardHelpOptions = true,
            description = {
                "Measures the way from Kafka to decisions: events a second and what each costs, also as a part of what a plain batched insert reaches on the same Postgres.",
                "Postgres is a process beside this one, the broker is in it. One ledger grows to each of the sizes; at each, figures are those of the million items before it. In the end what is open must be what was planted, and the ledger must foot. All of it is in bench/ of the data directory while it runs, about 3 GiB for a million items, and gone afterwards."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  ./tallystick bench reconcile --items 1000000 --read",
                "  ./tallystick bench reconcile --json figures.json",
                "  ./tallystick bench reconcile --items 200000 --workers 4 --batch-records 100"
            })
    static final class Reconcile implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Option(
                names = "--items",
                split = ",",
                paramLabel = "N",
                description = "sizes of the ledger (default: 1000000,4000000,10000000)")
        private List<Integer> items = new ArrayList<>();

        @Option(names = "--workers", description = "of the reconciler (default: as in production)")
        private @Nullable Integer workers;

        @Option(
                names = "--batch-records",
                description = "most records in one transaction (default: as in production)")
        private @Nullable Integer batchRecords;

        @Option(
                names = "--mismatch-rate",
                description =
                        "share of items with a planted disagreement (default: ${DEFAULT-VALUE})")
        private double mismatchRate = 0.01;

        @Option(
                names = "--latency-seconds",
                description =
                        "to measure the time to a decision for, at half the rate of the first size; 0 for not at all (default: ${DEFAULT-VALUE})")
        private int latencySeconds = 30;

        @Option(
                names = "--reference-rows",
                description = "of the plain insert, before and after (default: ${DEFAULT-VALUE})")
        private int referenceRows = 1_000_000;

        @Option(
                names = "--read",
                description =
                        "in the end also time the report of the day, its files, the same after late facts, and `verify`")
        private boolean isRead;

        @Option(names = "--seed", description = "of what is drawn (default: ${DEFAULT-VALUE})")
        private long seed = 1;

        @Option(names = "--json", paramLabel = "FILE", description = "also for programs")
        private @Nullable Path json;

        @Override
        public Integer call() throws Exception {
            Settings settings = common.settings();
            Path home = settings.data().directory().resolve("bench");
            var plan =
                    new ReconcilePlan(
                            items.isEmpty() ? List.of(1_000_000, 4_000_000, 10_000_000) : items,
                            workers == null ? settings.reconcile().workers() : workers,
                            batchRecords == null
                                    ? settings.reconcile().batchRecords()
                                    : batchRecords,
                            mismatchRate,
                            Duration.ofSeconds(latencySeconds),
                            referenceRows,
                            isRead,
                            seed);
            return Signals.closingInOrder(() -> run(plan, home));
        }

        private int run(ReconcilePlan plan, Path home) throws Exception {
            try (var progress = TerminalProgress.ofThisProcess()) {
                new ReconcileBench(plan, home, Workplace.cache(), progress).run(this::tell);
                return ExitCode.OK;
            }
        }

        private void tell(List<ReconcileFigures> figures) throws IOException {
            common.out().print(ReconcileText.table(figures));
            common.out().flush();
            if (json != null) {
                Files.writeString(json, ReconcileText.json(figures));
            }
        }
    }

    @Command(
            name = "api",
            mixinStandardHelpOptions = true,
            description = {
                "Measures the gRPC API: book entries a second until they are safe in Kafka, and how long a change takes from a node's record to everybody who watches.",
                "Server, clients, reconciler and broker run in this process, Postgres beside it; clients speak TLS with certificates. All of it is in bench/ of the data directory while it runs, and gone afterwards."
            },
            footerHeading = "%nExamples:%n",
            footer = {
                "  ./tallystick bench api",
                "  ./tallystick bench api --watchers 20 --changes-per-second 200 --json"
            })
    static final class Api implements Callable<Integer> {
        @Mixin private final CommonOptions common = new CommonOptions();

        @Option(names = "--entries", description = "to post (default: ${DEFAULT-VALUE})")
        private int entries = 200_000;

        @Option(names = "--watchers", description = "of mismatches (default: ${DEFAULT-VALUE})")
        private int watchers = 200;

        @Option(
                names = "--changes-per-second",
                description = "that they are told of (default: ${DEFAULT-VALUE})")
        private int changesPerSecond = 20;

        @Option(names = "--seconds", description = "of that (default: ${DEFAULT-VALUE})")
        private int seconds = 30;

        @Option(names = "--json", description = "as JSON, for programs")
        private boolean json;

        @Override
        public Integer call() throws Exception {
            Path home = common.settings().data().directory().resolve("bench");
            var plan =
                    new ApiPlan(entries, watchers, changesPerSecond, Duration.ofSeconds(seconds));
            return Signals.closingInOrder(() -> run(plan, home));
        }

        private int run(ApiPlan plan, Path home) throws Exception {
            try (var progress = TerminalProgress.ofThisProcess()) {
                List<Figure> figures = new ApiBench(plan, home, Workplace.cache(), progress).run();
                common.out()
                        .print(json ? BenchText.json(figures) : BenchText.table("API", figures));
                common.out().flush();
                return ExitCode.OK;
            }
        }
    }
}
