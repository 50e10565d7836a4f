package tallystick.ops.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import tallystick.ops.embedded.EmbeddedKafka;
import tallystick.ops.embedded.Trees;
import tallystick.ops.pipeline.Progress;
import tallystick.simulator.node.NodePlan;
import tallystick.simulator.node.SimulatedNode;

/// What the ingestor does in a given time, and what it needs for it. One thread.
public final class IngestBench {
    private static final double CATCH_UP_FLOOR = 20_000;
    private static final double HEAP_CEILING_MIB = 256;
    private static final double OPEN_CEILING_BYTES = 200;
    private static final double LATENCY_CEILING_MILLIS = 50;
    private static final double IDLE_CEILING_PERCENT = 3;

    private static final Duration LOOK = Duration.ofMillis(100);

    /// While it is the ingestor's own time that is measured: an answer costs it some.
    private static final Duration SELDOM = Duration.ofSeconds(1);

    private static final Duration START_LIMIT = Duration.ofMinutes(10);
    private static final Duration CATCH_UP_LIMIT = Duration.ofMinutes(60);

    /// So long the JVM compiles, on two processors that others want too.
    private static final Duration WARM_UP = Duration.ofSeconds(40);

    /// The second sweep comes half a minute after the first; an idle node has had both.
    private static final Duration SECOND_SWEEP = Duration.ofSeconds(45);

    /// So many events may be on their way when they go as fast as they can: the node keeps in memory what nobody has taken.
    private static final int ON_THEIR_WAY_MAX = 20_000;

    private static final String PREFIX = "bench";

    private static final double P50 = 0.5;
    private static final double P99 = 0.99;
    private static final double MIB = 1024.0 * 1024;
    private static final double NANOS = 1e9;

    private final BenchPlan plan;
    private final Path home;
    private final Progress progress;
    private final List<Figure> figures = new ArrayList<>();
    private double load;

    /// @param home a directory of its own; what an earlier benchmark left there goes
    public IngestBench(BenchPlan plan, Path home, Progress progress) {
        this.plan = plan;
        this.home = home.toAbsolutePath();
        this.progress = progress;
    }

    /// Measures all parts of the plan, one after the other. Nothing of it is left on disk, whatever happens.
    public List<Figure> run() throws IOException, InterruptedException {
        try {
            for (BenchPlan.Part part : plan.parts()) {
                Trees.delete(home);
                load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
                progress.now("%s: starting a broker".formatted(part));
                try (var broker = EmbeddedKafka.start(home.resolve("kafka"))) {
                    measure(part, broker.bootstrapServers());
                }
                progress.done(part.toString());
            }
        } finally {
            Trees.delete(home);
        }
        return List.copyOf(figures);
    }

    private void measure(BenchPlan.Part part, String broker)
            throws IOException, InterruptedException {
        switch (part) {
            case CATCH_UP -> catchUp(broker);
            case OPEN -> openReferences(broker);
            case LATENCY -> latency(broker);
            case STREAM -> stream(broker, 1, "one node's streams");
            case FLEET -> stream(broker, plan.nodes(), "%d nodes' streams".formatted(plan.nodes()));
            case IDLE -> idle(broker);
        }
    }

    // --- parts

    private void catchUp(String broker) throws IOException, InterruptedException {
        String part =
                "catch-up of %,d invoices and %,d payments"
                        .formatted(plan.invoices(), plan.payments());
        try (SimulatedNode node = node(1)) {
            node.fill(plan.invoices(), plan.payments());
            int expected = plan.invoices() + plan.payments();
            try (var ingestor = ingestor(broker, List.of(node))) {
                while (node.callsSoFar() == 0) {
                    pause();
                }
                Duration ours = ownCpu();
                long begun = System.nanoTime();
                long heap = 0;
                Optional<Scrape> last = Optional.empty();
                while (last.map(Scrape::liveNodes).orElse(0L) == 0) {
                    requireWithin(CATCH_UP_LIMIT, begun, part);
                    TimeUnit.NANOSECONDS.sleep(SELDOM.toNanos());
                    last = ingestor.scrape();
                    if (last.isPresent()) {
                        long records = last.get().invoicesAndPayments();
                        heap = Math.max(heap, last.get().heap());
                        progress.now(
                                "%s: %,d, %,.0f/s"
                                        .formatted(part, records, records / seconds(begun)));
                    }
                }
                double seconds = seconds(begun);
                if (last.orElseThrow().invoicesAndPayments() != expected) {
                    throw new BenchException(
                            "catch-up: %d records (expected: %d)"
                                    .formatted(last.orElseThrow().invoicesAndPayments(), expected));
                }
                add(part, "rate", expected / seconds, "events/s", atLeast(CATCH_UP_FLOOR));
                add(part, "time", seconds, "s");
                add(part, "CPU of the ingestor", micros(ingestor.cpu(), expected), "µs/event");
                add(
                        part,
                        "CPU of node and broker",
                        micros(ownCpu().minus(ours), expected),
                        "µs/event");
                add(part, "peak heap", heap / MIB, "MiB", atMost(HEAP_CEILING_MIB));
                add(part, "heap in use afterwards", ingestor.liveHeap() / MIB, "MiB");
                Optional<Long> resident = ingestor.residentPeak();
                if (resident.isPresent()) {
                    add(part, "peak of the whole process", resident.get() / MIB, "MiB");
                }
            }
            restart(broker, node);
        }
    }

    private void restart(String broker, SimulatedNode node)
            throws IOException, InterruptedException {
        String part = "restart after it";
        long begun = System.nanoTime();
        try (var ingestor = ingestor(broker, List.of(node))) {
            awaitLive(ingestor, 1, part);
            add(part, "time until live", seconds(begun), "s");
            double records =
                    ingestor.scrape().map(Scrape::invoicesAndPayments).orElseThrow().doubleValue();
            add(part, "invoices and payments published", records, "", atMost(0));
        }
    }

    private void openReferences(String broker) throws IOException, InterruptedException {
        String part = "memory with %,d open invoices".formatted(plan.open());
        long empty;
        try (SimulatedNode node = node(1);
                var ingestor = ingestor(broker, List.of(node))) {
            awaitLive(ingestor, 1, part);
            empty = ingestor.liveHeap();
        }
        try (SimulatedNode node = node(2)) {
            node.fillOpen(plan.open());
            long begun = System.nanoTime();
            try (var ingestor = ingestor(broker, List.of(node))) {
                awaitLive(ingestor, 1, part);
                add(part, "rate", plan.open() / seconds(begun), "events/s");
                long full = ingestor.liveHeap();
                add(
                        part,
                        "heap per open reference",
                        (double) (full - empty) / plan.open(),
                        "bytes",
                        atMost(OPEN_CEILING_BYTES));
                add(part, "heap in use", full / MIB, "MiB", atMost(HEAP_CEILING_MIB));
            }
        }
    }

    private void latency(String broker) throws IOException, InterruptedException {
        String part = "latency at %,d events/s".formatted(plan.perSecond());
        var latencies = new Latencies();
        try (SimulatedNode node = node(1);
                var ingestor = ingestor(broker, List.of(node))) {
            awaitLive(ingestor, 1, part);
            try (var _ = Reader.start(broker, PREFIX, latencies)) {
                var traffic = new Traffic(node, latencies);
                pace(traffic, WARM_UP, part + ", warming up");
                latencies.forget();
                Duration before = ingestor.cpu();
                long begun = System.nanoTime();
                pace(traffic, plan.measured(), part);
                double percent =
                        ingestor.cpu().minus(before).toNanos() * 100.0 / (seconds(begun) * NANOS);
                add(part, "p50, node to reader", latencies.millis(P50), "ms");
                add(
                        part,
                        "p99, node to reader",
                        latencies.millis(P99),
                        "ms",
                        atMost(LATENCY_CEILING_MILLIS));
                add(part, "longest", latencies.millis(1), "ms");
                add(part, "events measured", latencies.count(), "");
                add(part, "CPU of the ingestor", percent, "% of a core");
            }
        }
    }

    /// Each event has its time; one that is late does not put off the others.
    private void pace(Traffic traffic, Duration time, String what) throws InterruptedException {
        long begun = System.nanoTime();
        long events = time.toMillis() * plan.perSecond() / 1000;
        for (long i = 0; i < events; i++) {
            long due = begun + (long) (i * NANOS / plan.perSecond());
            long wait = due - System.nanoTime();
            if (wait > 0) {
                TimeUnit.NANOSECONDS.sleep(wait);
            }
            traffic.next();
            if (i % plan.perSecond() == 0) {
                progress.now("%s: %,d events".formatted(what, i));
            }
        }
    }

    private void stream(String broker, int count, String part)
            throws IOException, InterruptedException {
        var latencies = new Latencies();
        List<SimulatedNode> nodes = nodes(count);
        try (var ingestor = ingestor(broker, nodes)) {
            awaitLive(ingestor, count, part);
            List<Traffic> traffic =
                    nodes.stream().map(node -> new Traffic(node, latencies)).toList();
            try (var _ = Reader.start(broker, PREFIX, latencies)) {
                rush(traffic, latencies, plan.events() / 10, part + ", warming up");
                latencies.forget();
                Duration before = ingestor.cpu();
                Duration ours = ownCpu();
                long recordsBefore = records(ingestor);
                long begun = System.nanoTime();
                rush(traffic, latencies, plan.events(), part);
                double seconds = seconds(begun);
                add(part, "rate", plan.events() / seconds, "events/s");
                add(part, "in Kafka", (records(ingestor) - recordsBefore) / seconds, "records/s");
                add(
                        part,
                        "CPU of the ingestor",
                        micros(ingestor.cpu().minus(before), plan.events()),
                        "µs/event");
                add(
                        part,
                        "CPU of nodes, broker and reader",
                        micros(ownCpu().minus(ours), plan.events()),
                        "µs/event");
                add(
                        part,
                        "peak of the whole process",
                        ingestor.residentPeak().orElse(0L) / MIB,
                        "MiB");
            }
        } finally {
            nodes.forEach(SimulatedNode::close);
        }
    }

    private static long records(IngestorProcess ingestor) throws IOException, InterruptedException {
        return ingestor.scrape().map(Scrape::records).orElse(0L);
    }

    /// Returns when all have been read.
    private void rush(List<Traffic> traffic, Latencies latencies, int events, String what)
            throws InterruptedException {
        int before = latencies.count();
        for (int i = 0; i < events; i++) {
            traffic.get(i % traffic.size()).next();
            if (i % 100 == 0) {
                while (i - (latencies.count() - before) > ON_THEIR_WAY_MAX) {
                    TimeUnit.MILLISECONDS.sleep(1);
                }
                progress.now("%s: %,d events".formatted(what, i));
            }
        }
        while (latencies.count() - before < events) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    private void idle(String broker) throws IOException, InterruptedException {
        String part = "%d idle nodes".formatted(plan.nodes());
        List<SimulatedNode> nodes = nodes(plan.nodes());
        try (var ingestor = ingestor(broker, nodes)) {
            awaitLive(ingestor, plan.nodes(), part);
            watch(SECOND_SWEEP, part + ", settling");
            Duration before = ingestor.cpu();
            long begun = System.nanoTime();
            watch(plan.idle(), part);
            double used = ingestor.cpu().minus(before).toNanos() / NANOS;
            add(
                    part,
                    "CPU of the ingestor",
                    100 * used / seconds(begun),
                    "% of a core",
                    atMost(IDLE_CEILING_PERCENT));
            add(part, "heap in use", ingestor.liveHeap() / MIB, "MiB", atMost(HEAP_CEILING_MIB));
            Optional<Long> resident = ingestor.residentPeak();
            if (resident.isPresent()) {
                add(part, "peak of the whole process", resident.get() / MIB, "MiB");
            }
        } finally {
            nodes.forEach(SimulatedNode::close);
        }
    }

    private void watch(Duration time, String what) throws InterruptedException {
        for (long second = 0; second < time.toSeconds(); second++) {
            progress.now("%s: %d of %d s".formatted(what, second, time.toSeconds()));
            TimeUnit.SECONDS.sleep(1);
        }
    }

    // --- means

    private SimulatedNode node(int number) {
        String alias = "node-" + number;
        return SimulatedNode.start(
                NodePlan.of(alias, number, home.resolve("nodes").resolve(alias)).withoutMemory());
    }

    private List<SimulatedNode> nodes(int count) {
        List<SimulatedNode> nodes = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            nodes.add(node(i));
        }
        return nodes;
    }

    private IngestorProcess ingestor(String broker, List<SimulatedNode> nodes) throws IOException {
        return IngestorProcess.start(plan, home.resolve("ingestor"), broker, PREFIX, nodes);
    }

    private void awaitLive(IngestorProcess ingestor, int nodes, String part)
            throws IOException, InterruptedException {
        long begun = System.nanoTime();
        long live = 0;
        while (live < nodes) {
            requireWithin(START_LIMIT, begun, part);
            pause();
            Optional<Scrape> now = ingestor.scrape();
            live = now.map(Scrape::liveNodes).orElse(0L);
            progress.now(
                    "%s: %d of %d nodes live, %,d records"
                            .formatted(part, live, nodes, now.map(Scrape::records).orElse(0L)));
        }
    }

    private static void requireWithin(Duration limit, long begun, String part) {
        if (seconds(begun) > limit.toSeconds()) {
            throw new BenchException(
                    "%s: not live after %d s (expected: sooner)"
                            .formatted(part, limit.toSeconds()));
        }
    }

    private static void pause() throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
    }

    private static double seconds(long sinceNanos) {
        return (System.nanoTime() - sinceNanos) / NANOS;
    }

    private static Duration ownCpu() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    private static double micros(Duration time, long events) {
        return time.toNanos() / 1e3 / events;
    }

    private void add(String part, String name, double value, String unit) {
        add(part, name, value, unit, Optional.empty());
    }

    private void add(
            String part, String name, double value, String unit, Optional<Figure.Limit> limit) {
        figures.add(new Figure(part, name, value, unit, limit, load));
        progress.done(
                String.format(Locale.ROOT, "%s: %s %,.1f %s", part, name, value, unit).strip());
    }

    private static Optional<Figure.Limit> atLeast(double bound) {
        return Optional.of(new Figure.Limit(true, bound));
    }

    private static Optional<Figure.Limit> atMost(double bound) {
        return Optional.of(new Figure.Limit(false, bound));
    }
}
