package tallystick.ops.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import tallystick.db.Database;
import tallystick.db.Migrator;
import tallystick.db.Role;
import tallystick.db.Transactions;
import tallystick.db.bench.LedgerGauges;
import tallystick.db.bench.ReferenceLoad;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.TopicAdmin;
import tallystick.kafka.TopicSettings;
import tallystick.ops.embedded.EmbeddedKafka;
import tallystick.ops.embedded.EmbeddedPostgres;
import tallystick.ops.embedded.Trees;
import tallystick.ops.pipeline.Progress;
import tallystick.reconcile.ReconcileConfig;
import tallystick.reconcile.Reconciler;
import tallystick.reconcile.RuleBook;

/// How many records a second the reconciler applies, and what each costs: the production reconciler on an embedded Postgres
/// that is set up as one in production, and on a broker inside this process. Records are made ahead, a portion at a time, in
/// one Kafka transaction; what is measured begins with its commit and ends when the positions are past it. So what it costs
/// to make them does not count, and disk and memory stay bounded. One thread.
public final class ReconcileBench {
    /// Items in a portion: long enough that its beginning and end weigh little.
    private static final int PORTION = 200_000;

    /// Figures at a size are those of so many items before it.
    private static final int MEASURED = 1_000_000;

    /// Items of facts that become known after their day's report, which are some 100,000 records.
    private static final int LATE_ITEMS = 40_000;

    /// Items that are applied before anything is measured, while the JVM compiles.
    private static final int WARM_UP = 300_000;

    private static final String LEDGER = "bench";
    private static final String PREFIX = "bench";
    private static final Duration LOOK = Duration.ofMillis(20);
    private static final Duration FINISH_LIMIT = Duration.ofMinutes(10);

    /// So much later the whole is decided once more: whatever waits has come due by then.
    private static final Duration LATER = Duration.ofMinutes(30);

    /// What the node's events are older than now: so part of what waits comes due while others are applied.
    private static final Duration AGE = Duration.ofSeconds(210);

    /// As docs/operations.md has it for a database of its own.
    private static final List<String> POSTGRES =
            List.of(
                    "shared_buffers=512MB",
                    "max_wal_size=16GB",
                    "checkpoint_timeout=15min",
                    "wal_buffers=32MB");

    /// Who the figures are for.
    public interface Reader {
        void read(List<ReconcileFigures> figures) throws IOException;
    }

    private static final double P95 = 0.95;
    private static final double NANOS = 1e9;
    private static final double MICROS = 1e3;

    private final ReconcilePlan plan;
    private final Path home;
    private final Path cache;
    private final Progress progress;
    private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);

    /// @param home a directory of its own; what an earlier benchmark left there goes
    /// @param cache where the programs of Postgres are unpacked
    public ReconcileBench(ReconcilePlan plan, Path home, Path cache, Progress progress) {
        this.plan = plan;
        this.home = home.toAbsolutePath();
        this.cache = cache;
        this.progress = progress;
    }

    /// Grows a ledger to each size of the plan, and tells the figures of all. What is read of it afterwards is told as progress.
    ///
    /// @throws BenchException when what is open in the end is not what was planted, or the ledger does not foot
    public void run(Reader told) throws IOException, InterruptedException {
        Trees.delete(home);
        progress.now("starting Postgres and a broker");
        try (var postgres =
                        EmbeddedPostgres.start(
                                home.resolve("postgres"),
                                home.resolve("postgres.log"),
                                cache,
                                POSTGRES);
                var broker = EmbeddedKafka.start(home.resolve("kafka"));
                var owner = Database.connect(postgres.address().settings())) {
            new Migrator(owner.dataSource()).migrate();
            var kafka = new KafkaConnection(broker.bootstrapServers(), Map.of());
            new TopicAdmin(kafka, topics()).createAbsent();
            var reference =
                    new ReferenceLoad(owner.dataSource(), new SplittableRandom(plan.seed()));
            try (var writer = Database.connect(postgres.address().settings(), Role.WRITER)) {
                new Run(kafka, owner, writer, new CpuMeter(postgres.pid())).all(reference, told);
            }
        } finally {
            Trees.delete(home);
        }
    }

    private double rowsPerSecond(ReferenceLoad reference) {
        progress.now("the yardstick: %,d rows".formatted(plan.referenceRows()));
        Duration took = reference.insert(plan.referenceRows());
        double rate = plan.referenceRows() * NANOS / took.toNanos();
        progress.done(String.format(Locale.ROOT, "yardstick: %,.0f rows/s", rate));
        return rate;
    }

    private static TopicSettings topics() {
        TopicSettings usual = TopicSettings.defaults();
        return new TopicSettings(
                PREFIX,
                usual.partitions(),
                usual.replication(),
                usual.retention(),
                usual.longRetention(),
                usual.longestRetention());
    }

    /// The present, as the reconciler is told it.
    private Instant now() {
        return Instant.now().plus(ahead.get());
    }

    /// One ledger that grows.
    private final class Run {
        private final KafkaConnection kafka;
        private final Database writer;
        private final LedgerGauges gauges;
        private final CpuMeter cpu;
        private final Mix mix = new Mix(plan.seed(), plan.mismatchRate());
        private long events;

        Run(KafkaConnection kafka, Database owner, Database writer, CpuMeter cpu) {
            this.kafka = kafka;
            this.writer = writer;
            new RuleBook(new Transactions(writer.dataSource()))
                    .activate(ReconcileConfig.defaults(LEDGER).rules(), now());
            this.gauges = new LedgerGauges(owner.dataSource());
            this.cpu = cpu;
        }

        void all(ReferenceLoad reference, Reader told) throws IOException, InterruptedException {
            List<ReconcileFigures> figures = new ArrayList<>();
            double before = rowsPerSecond(reference);
            try (var log = new BenchLog(kafka, topics(), mix.nodes());
                    var reconciler = reconciler();
                    var heap = new HeapMeter()) {
                reconciler.start();
                long empty = gauges.bytes();
                new Portion().apply(log, Math.min(WARM_UP, plan.items().getFirst() / 2));
                for (int items : plan.items()) {
                    figures.add(grow(log, items, empty, heap));
                }
                finish(log, reconciler);
                double yardstick = (before + rowsPerSecond(reference)) / 2;
                told.read(figures.stream().map(one -> one.withReference(yardstick)).toList());
                if (plan.isRead()) {
                    new LedgerReadings(
                                    writer.dataSource(),
                                    topics(),
                                    LEDGER,
                                    Instant.now().minus(AGE),
                                    progress)
                            .all(() -> late(log, reconciler));
                }
            }
        }

        private long late(BenchLog log, Reconciler reconciler)
                throws IOException, InterruptedException {
            new Portion().apply(log, LATE_ITEMS);
            finish(log, reconciler);
            return events;
        }

        private Reconciler reconciler() {
            ReconcileConfig usual = ReconcileConfig.defaults(LEDGER);
            return new Reconciler(
                    new ReconcileConfig(
                            LEDGER,
                            usual.rules(),
                            plan.workers(),
                            plan.batchRecords(),
                            ReconcileConfig.Pace.CONTINUOUS),
                    writer.dataSource(),
                    kafka,
                    topics(),
                    ReconcileBench.this::now);
        }

        private ReconcileFigures grow(BenchLog log, int items, long empty, HeapMeter heap)
                throws IOException, InterruptedException {
            var measured = new Portion();
            while (mix.items() < items) {
                int some = (int) Math.min(PORTION, items - mix.items());
                if (mix.items() >= items - MEASURED) {
                    measured.apply(log, some);
                } else {
                    new Portion().apply(log, some);
                }
            }
            double rate = measured.events * NANOS / measured.time.toNanos();
            var latencies =
                    !plan.latency().isZero() && items == plan.items().getFirst()
                            ? log.paced(
                                    mix, rate / 2, plan.latency(), gauges, () -> now().minus(AGE))
                            : Optional.<Latencies>empty();
            if (latencies.isPresent()) {
                awaitApplied(log.ends());
            }
            double lookup = lookups();
            var figures =
                    new ReconcileFigures(
                            items,
                            plan.workers(),
                            rate,
                            0,
                            0,
                            latencies.map(all -> all.millis(0.5)).orElse(0.0),
                            latencies.map(all -> all.millis(0.99)).orElse(0.0),
                            heap.peak(),
                            (double) (gauges.bytes() - empty) / log.sent(),
                            measured.cpu.own().toNanos() / MICROS / measured.events,
                            measured.cpu.server().toNanos() / MICROS / measured.events,
                            (double) measured.buffers / measured.events,
                            lookup);
            progress.done(
                    String.format(
                            Locale.ROOT,
                            "%,d items: %,.0f events/s, CPU %.1f + %.1f µs/event, %,.0f bytes/event, %.1f buffers/event",
                            items,
                            rate,
                            figures.jvmMicros(),
                            figures.postgresMicros(),
                            figures.postgresBytesPerEvent(),
                            figures.buffersPerEvent()));
            return figures;
        }

        /// The slowest but one in twenty. Unit: ms.
        private double lookups() {
            var latencies = new Latencies();
            for (byte[] key : mix.samples()) {
                long begun = System.nanoTime();
                int found = gauges.lookUp(key);
                latencies.took(found == 0 ? 0 : System.nanoTime() - begun);
            }
            return latencies.millis(P95);
        }

        /// Some portions together, and what they took.
        private final class Portion {
            private Duration time = Duration.ZERO;
            private CpuMeter.Reading cpu = new CpuMeter.Reading(Duration.ZERO, Duration.ZERO);
            private long events;
            private long buffers;

            void apply(BenchLog log, int items) throws IOException, InterruptedException {
                progress.now("making %,d items".formatted(items));
                long sent = log.prepare(mix, items, () -> now().minus(AGE));
                long buffersBefore = gauges.buffers();
                CpuMeter.Reading before = Run.this.cpu.read();
                long begun = System.nanoTime();
                Map<String, Long> ends = log.commit();
                awaitApplied(ends);
                Duration took = Duration.ofNanos(System.nanoTime() - begun);
                time = time.plus(took);
                cpu = cpu.plus(Run.this.cpu.read().minus(before));
                events += sent;
                TimeUnit.MILLISECONDS.sleep(
                        1_100); // Sessions tell what they touched once a second.
                buffers += gauges.buffers() - buffersBefore;
                log.forget(ends);
                Run.this.events += sent;
                progress.done(
                        String.format(
                                Locale.ROOT,
                                "%,d items, %,d events: %,.0f events/s",
                                mix.items(),
                                Run.this.events,
                                sent * NANOS / took.toNanos()));
            }
        }

        private void awaitApplied(Map<String, Long> ends) throws InterruptedException {
            long begun = System.nanoTime();
            Set<String> open = new HashSet<>(ends.keySet());
            while (!open.isEmpty()) {
                TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
                for (LedgerGauges.Position position : gauges.positions()) {
                    String place = BenchLog.place(position.topic(), position.partition());
                    if (position.nextOffset() >= ends.getOrDefault(place, 0L)) {
                        open.remove(place);
                    }
                }
                requireWithin(begun, () -> "%s not applied".formatted(open));
            }
        }

        /// Everything is covered and due; then what is open is what was planted, and the ledger foots.
        private void finish(BenchLog log, Reconciler reconciler) throws InterruptedException {
            log.sendRest(mix, now().minus(AGE));
            var _ = ahead.updateAndGet(before -> before.plus(LATER));
            log.cover(now());
            awaitApplied(log.ends());
            long begun = System.nanoTime();
            SortedMap<String, Long> expected = mix.planted();
            progress.now("deciding what is left");
            SortedMap<String, Long> open = gauges.openByCode();
            while (!open.equals(expected)) {
                reconciler.throwIfFailed();
                TimeUnit.MILLISECONDS.sleep(500);
                open = gauges.openByCode();
                Map<String, Long> found = open;
                requireWithin(begun, () -> "open: %s (expected: %s)".formatted(found, expected));
            }
            List<Long> identity = gauges.identity();
            if (identity.stream().anyMatch(difference -> difference != 0)) {
                throw new BenchException("identity: %s (expected: zeros)".formatted(identity));
            }
            progress.done("open as planted: %s; the ledger foots".formatted(open));
        }

        private void requireWithin(long begun, java.util.function.Supplier<String> what) {
            if (System.nanoTime() - begun > FINISH_LIMIT.toNanos()) {
                throw new BenchException(
                        "%s after %d s".formatted(what.get(), FINISH_LIMIT.toSeconds()));
            }
        }
    }
}
