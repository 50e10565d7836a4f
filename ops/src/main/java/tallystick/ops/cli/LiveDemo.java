package tallystick.ops.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import tallystick.ops.config.Settings;
import tallystick.ops.embedded.Trees;
import tallystick.ops.pipeline.InboxEntries;
import tallystick.ops.pipeline.Ledger;
import tallystick.ops.pipeline.LiveRun;
import tallystick.ops.pipeline.ReplayPipeline;
import tallystick.ops.pipeline.Workplace;
import tallystick.proto.v1.BookEntry;
import tallystick.reconcile.LedgerOpening;
import tallystick.serve.web.WebServer;
import tallystick.simulator.books.Bookkeeper;
import tallystick.simulator.books.Desk;
import tallystick.simulator.node.Habits;
import tallystick.simulator.node.Life;
import tallystick.simulator.node.NodePlan;
import tallystick.simulator.node.SimulatedNode;

/// Two simulated nodes that live at the machine's time, and a bookkeeper who makes mistakes and puts them right. Between them
/// is what `run` runs; only the graces are shorter.
final class LiveDemo {
    private static final List<String> NODES = List.of("alice", "bob");

    private static final String SOURCE = "shop";

    /// Of both nodes together.
    private static final long STEPS_PER_MINUTE = 180;

    /// A person sees within a minute what takes hours in a business.
    private static final Map<String, String> PACE =
            Map.of(
                    "rules.grace-books", "8s",
                    "rules.grace-node", "8s",
                    "ingest.sweep-interval", "15s");

    /// That the nodes' channels were opened before the ledger is known half a minute later, when their first reading is proven.
    private static final String RULES = "code.OPEN_UNBOOKED.grace-books=1d\n";

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final Duration LOOK = Duration.ofMillis(100);

    /// Chance of its own for the books.
    private static final long BOOKS_SEED = 0x626f6f6b73L;

    private final CommonOptions common;
    private final Path data;
    private final long seed;
    private final PrintWriter terminal;

    /// @param data a ledger there is lost
    /// @param seed decides what happens at the nodes and in the books
    LiveDemo(CommonOptions common, Path data, long seed) {
        this.common = common;
        this.data = data;
        this.seed = seed;
        this.terminal = common.out();
    }

    /// Until a signal interrupts this thread, or the limit has passed.
    ///
    /// @param port of the pages; 0 for any that is free
    void run(int port, Optional<Duration> limit) throws InterruptedException, IOException {
        var nodes = new ArrayList<SimulatedNode>();
        try (var progress = TerminalProgress.ofThisProcess()) {
            progress.now("Starting nodes, broker and database");
            for (int i = 0; i < NODES.size(); i++) {
                nodes.add(SimulatedNode.start(plan(NODES.get(i), seed + i)));
            }
            for (Path old : List.of(ReplayPipeline.directory(data), data.resolve("out"))) {
                Trees.delete(old);
            }
            try (var workplace = Workplace.ownAnew(settings(nodes))) {
                open(workplace);
                try (var run = LiveRun.start(workplace)) {
                    // What the nodes have before the first of the books is what the ledger begins
                    // with.
                    run.once(START_LIMIT, progress::now);
                    progress.done("Two simulated nodes are followed");
                    show(workplace, run, nodes, port, limit);
                }
            }
        } finally {
            nodes.forEach(SimulatedNode::close);
        }
    }

    private NodePlan plan(String alias, long nodeSeed) {
        return NodePlan.of(alias, nodeSeed, data.resolve("nodes").resolve(alias))
                .withHabits(Habits.shop())
                .withoutMemory()
                .inRealTime();
    }

    private Settings settings(List<SimulatedNode> nodes) throws IOException {
        Map<String, String> own = new HashMap<>(PACE);
        own.put("rules.file", Files.writeString(data.resolve("rules"), RULES).toString());
        for (SimulatedNode node : nodes) {
            String prefix = "nodes." + node.alias() + ".";
            own.put(prefix + "address", node.host() + ":" + node.port());
            own.put(prefix + "tls-certificate", node.tlsCertificate().toString());
            own.put(prefix + "macaroon", node.macaroon().toString());
            own.put(prefix + "network", node.network());
        }
        return common.separateSettingsIn(data, own);
    }

    /// The nodes have a past, which nobody booked.
    private static void open(Workplace workplace) throws InterruptedException {
        Instant now = InstantSource.system().instant().truncatedTo(ChronoUnit.SECONDS);
        try (var ledger = Ledger.prepare(workplace)) {
            LedgerOpening.fix(ledger.dataSource(), now);
        }
    }

    private void show(
            Workplace workplace,
            LiveRun run,
            List<SimulatedNode> nodes,
            int port,
            Optional<Duration> limit) {
        InstantSource clock = InstantSource.system();
        Optional<Instant> end = limit.map(clock.instant()::plus);
        try (var entries = InboxEntries.open(workplace.kafka(), workplace.topics());
                var server = Ledger.connect(workplace);
                WebServer web =
                        new DemoPages(workplace, Clock.systemUTC(), terminal).open(server, port)) {
            introduce(web);
            var books =
                    new Bookkeeper(SOURCE, seed ^ BOOKS_SEED, clock, new InboxDesk(entries, clock));
            nodes.forEach(node -> node.listen(books.of(node.alias())));
            try (var threads = Executors.newVirtualThreadPerTaskExecutor();
                    var life =
                            new Life(clock, time -> TimeUnit.NANOSECONDS.sleep(time.toNanos()))) {
                Future<?> living =
                        threads.submit(
                                () -> {
                                    life.live(nodes, STEPS_PER_MINUTE, 0);
                                    return true;
                                });
                while (end.isEmpty() || clock.instant().isBefore(end.get())) {
                    requireAlive(living);
                    run.look(inWords -> System.err.println("tallystick: " + inWords));
                    books.work();
                    TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
                }
            }
        } catch (InterruptedException _) {
            // A person has seen enough. What is open is closed in order.
        }
    }

    private static void requireAlive(Future<?> living) {
        if (living.state() == Future.State.FAILED) {
            throw new IllegalStateException(
                    "simulated nodes: no longer alive (expected: until the end)",
                    living.exceptionNow());
        }
    }

    private void introduce(WebServer web) {
        terminal.printf(
                """

                Look at %1$s/mismatches: what is booked late or wrongly opens there, and
                closes by itself when it is put right. %1$s/nodes proves each channel against
                the node. Or from another terminal: ./tallystick mismatches
                Below is what goes wrong in the books. Seed %2$d. Ctrl-C ends it.

                """,
                web.url(), seed);
        terminal.flush();
    }

    /// Entries go to the inbox topic, as another system's do.
    private final class InboxDesk implements Desk {
        private final InboxEntries entries;
        private final InstantSource clock;

        InboxDesk(InboxEntries entries, InstantSource clock) {
            this.entries = entries;
            this.clock = clock;
        }

        @Override
        public void book(BookEntry entry) {
            entries.post(entry).toCompletableFuture().join();
        }

        @Override
        public void say(String inWords) {
            String time = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
            terminal.printf("%s  %s%n", time.substring(time.indexOf('T') + 1), inWords);
            terminal.flush();
        }
    }
}
