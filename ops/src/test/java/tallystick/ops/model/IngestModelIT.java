package tallystick.ops.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.ingest.IngestConfig;
import tallystick.ingest.Ingestor;
import tallystick.ingest.NodeConfig;
import tallystick.ingest.NodeState;
import tallystick.ingest.Sleeper;
import tallystick.ingest.publish.KafkaClients;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.TopicAdmin;
import tallystick.kafka.TopicSettings;
import tallystick.ops.embedded.EmbeddedKafka;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.WalletState;
import tallystick.simulator.node.Habits;
import tallystick.simulator.node.Happening;
import tallystick.simulator.node.NodePlan;
import tallystick.simulator.node.Script;
import tallystick.simulator.node.SimulatedNode;
import tallystick.simulator.node.Trap;
import tallystick.simulator.node.Traps;
import tallystick.simulator.node.Truth;
import tallystick.simulator.server.Rpc;

/// Random histories times random faults: whatever a node, the network, Kafka or the ingestor's own process do, everything
/// that ever was a fact at the node is in Kafka in the end, nothing else is, and coverage never claimed too much.
///
/// `-Dseeds=200` for more of them, `-Dseed=N` for one alone:
/// `./tallystick test -pl ops -am -Dit.test=IngestModelIT -Dseeds=200 -Dsurefire.failIfNoSpecifiedTests=false
/// -Dfailsafe.failIfNoSpecifiedTests=false`. History and faults repeat with the seed; how the threads interleave does not.
///
/// Beside other classes, as it waits most of its time; its own tests share a broker that some of them stop.
@Execution(ExecutionMode.CONCURRENT)
class IngestModelIT {
    private static final Logger LOG = LoggerFactory.getLogger(IngestModelIT.class);
    private static final int SEEDS = 20;
    private static final int ACTIONS = 14;
    private static final int STEPS_MAX = 25;

    /// A broker's restart takes seconds, so not every seed has one.
    private static final int SEEDS_PER_BROKER_RESTART = 10;

    /// Nothing that is waited for takes longer, whatever the machine does.
    private static final long PATIENCE_SECONDS = 90;

    /// So long an ingestor is waited for to be live again, or to come to the call at which it is killed.
    private static final Duration LIVE_PATIENCE = Duration.ofMillis(300);

    /// Pauses of the ingestor pass in this time at most.
    private static final Duration PAUSE_MAX = Duration.ofMillis(20);

    /// Long enough for a stream's message to be published, whatever the machine does.
    private static final long STREAM_PATIENCE_SECONDS = 15;

    private static final long OTHER_NODES = 1_000_000;

    private static final long STEP_NANOS = 5_000_000;

    /// What a stream tells from its beginning to its end.
    private static final Habits STREAMED =
            new Habits(
                    Map.of(
                            Happening.INVOICE, 30,
                            Happening.INVOICE_PAID, 30,
                            Happening.KEYSEND, 5,
                            Happening.AMP_SPONTANEOUS, 2,
                            Happening.PAYMENT, 20,
                            Happening.PAYMENT_FAILS, 5));

    @TempDir private static Path directory;
    private static EmbeddedKafka broker;
    private static KafkaConnection connection;
    private static final TopicSettings TOPICS =
            new TopicSettings(
                    "model",
                    2,
                    (short) 1,
                    Duration.ofDays(30),
                    Duration.ofDays(366),
                    Duration.ofDays(3_660));

    static LongStream seeds() {
        Long only = Long.getLong("seed");
        return only != null
                ? LongStream.of(only)
                : LongStream.rangeClosed(1, Integer.getInteger("seeds", SEEDS));
    }

    static LongStream fewSeeds() {
        Long only = Long.getLong("seed");
        return only != null
                ? LongStream.of(only)
                : LongStream.rangeClosed(1, Math.max(1, Integer.getInteger("seeds", SEEDS) / 4));
    }

    @BeforeAll
    static void startBroker() throws Exception {
        broker = EmbeddedKafka.start(directory.resolve("kafka"));
        connection = new KafkaConnection(broker.bootstrapServers(), Map.of());
        new TopicAdmin(connection, TOPICS).createAbsent();
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @ParameterizedTest(name = "seed {0}")
    @Execution(ExecutionMode.SAME_THREAD)
    @MethodSource("seeds")
    void losesNothingAndMakesNothingUp(long seed) throws Exception {
        try (var clients = KafkaClients.of(connection);
                var life = new LifeOfOne(seed)) {
            Map<TopicPartition, Long> from = Published.ends(clients, TOPICS);

            life.goOn();
            life.comeToRest();

            Truth truth = life.node.truth();
            Published published = Published.read(clients, TOPICS, from, life.node.pubkey());
            LOG.atInfo().log(
                    "seed {}: {} facts, {} records, {} coverages, {}",
                    seed,
                    truth.changes().size(),
                    published.records().size(),
                    published.coverage().size(),
                    life.told);
            List<String> wrong = new TruthCheck(truth, published, TOPICS).run();
            assertThat(wrong)
                    .as(
                            "seed %d; %s%nrepeat with: ./tallystick test -pl ops -am -Dit.test=IngestModelIT -Dseed=%d -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false",
                            seed, life.told, seed)
                    .isEmpty();
        }
    }

    /// After the first lists nothing is swept any more: whatever happened while they were read, and since, streams must have
    /// brought, from the very first index on. Only what streams do tell is looked at: receipts and payments that ended.
    @ParameterizedTest(name = "seed {0}")
    @Execution(ExecutionMode.SAME_THREAD)
    @MethodSource("fewSeeds")
    void betweenTheFirstListAndTheStreamsNothingFallsThrough(long seed) throws Exception {
        var plan =
                NodePlan.of(
                                "streams-" + seed,
                                // Another node than the one that lives with this seed elsewhere.
                                seed + OTHER_NODES,
                                directory.resolve("streams-" + seed))
                        .withHabits(STREAMED);
        try (var clients = KafkaClients.of(connection);
                var node = SimulatedNode.start(plan)) {
            Map<TopicPartition, Long> from = Published.ends(clients, TOPICS);
            var isDone = new AtomicBoolean();
            // The node lives while the ingestor connects and reads its lists, element by element.
            Thread life = Thread.ofPlatform().start(() -> liveUntil(node, isDone));
            try (var ingestor =
                    new Ingestor(
                            config(node)
                                    .withSweeps(Duration.ofDays(365), Duration.ofDays(365))
                                    .withPages(1, 1_000_000),
                            new MortalClients(KafkaClients.of(connection)),
                            TOPICS,
                            node.clock(),
                            IngestModelIT::forEver,
                            new SplittableRandom(seed),
                            new SimpleMeterRegistry(),
                            status ->
                                    isDone.set(isDone.get() || status.state() == NodeState.LIVE))) {
                ingestor.start();
                life.join();

                List<String> missing = streamedFactsMissing(clients, from, node);
                assertThat(missing).as("seed %d: %s", seed, ingestor.statuses()).isEmpty();
            }
        }
    }

    /// Index 1 cannot be replayed, and a cursor that is set to 1 to make up for it mutes the first settlement of all.
    @Test
    @Execution(ExecutionMode.SAME_THREAD)
    void theVeryFirstSettlementIsHeard() throws Exception {
        var plan = NodePlan.of("first", OTHER_NODES, directory.resolve("first"));
        try (var clients = KafkaClients.of(connection);
                var node = SimulatedNode.start(plan)) {
            Map<TopicPartition, Long> from = Published.ends(clients, TOPICS);
            try (var _ = live(node, IngestModelIT::forEver)) {
                String invoice = node.script().addInvoice("first", 21_000);
                node.script().payInvoice(invoice, 21_000, node.script().channels().getFirst());

                assertThat(node.truth().invoices().values())
                        .extracting(Invoice::getSettleIndex)
                        .containsExactly(1L);
                assertThat(streamedFactsMissing(clients, from, node)).isEmpty();
            }
        }
    }

    /// The lists of channels are answers of their own: one that goes from one to another between them must be in one.
    @Test
    @Execution(ExecutionMode.SAME_THREAD)
    void aChannelThatClosesBetweenTwoListsIsInOne() throws Exception {
        var plan = NodePlan.of("closes", OTHER_NODES + 1, directory.resolve("closes"));
        try (var clients = KafkaClients.of(connection);
                var node = SimulatedNode.start(plan)) {
            Map<TopicPartition, Long> from = Published.ends(clients, TOPICS);
            node.script().pass(Duration.ofMinutes(1));
            String point = node.script().channels().getFirst();
            node.afterAnswer(
                    Rpc.PENDING_CHANNELS,
                    () -> node.script().close(point, Script.Close.FORCE_BY_US));
            live(node, LifeOfOne::pause).close();

            List<String> wrong =
                    new TruthCheck(
                                    node.truth(),
                                    Published.read(clients, TOPICS, from, node.pubkey()),
                                    TOPICS)
                            .coverageOnly();
            assertThat(wrong).isEmpty();
        }
    }

    /// An ingestor that sweeps only for itself, once it has called the node live.
    private static Ingestor live(SimulatedNode node, Sleeper sleeper) throws Exception {
        var live = new CountDownLatch(1);
        var ingestor =
                new Ingestor(
                        config(node).withSweeps(Duration.ofDays(365), Duration.ofDays(365)),
                        new MortalClients(KafkaClients.of(connection)),
                        TOPICS,
                        node.clock(),
                        sleeper,
                        new SplittableRandom(1),
                        new SimpleMeterRegistry(),
                        status -> {
                            if (status.state() == NodeState.LIVE) {
                                live.countDown();
                            }
                        });
        ingestor.start();
        try {
            assertThat(live.await(PATIENCE_SECONDS, TimeUnit.SECONDS)).isTrue();
        } catch (AssertionError e) {
            ingestor.close();
            throw e;
        }
        return ingestor;
    }

    private static void liveUntil(SimulatedNode node, AtomicBoolean isDone) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(STREAM_PATIENCE_SECONDS);
        while (!isDone.get() && System.nanoTime() < end) {
            node.step();
            LockSupport.parkNanos(STEP_NANOS);
        }
        for (int i = 0; i < STEPS_MAX; i++) {
            node.step();
        }
    }

    private static List<String> streamedFactsMissing(
            KafkaClients clients, Map<TopicPartition, Long> from, SimulatedNode node) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(STREAM_PATIENCE_SECONDS);
        List<String> missing;
        do {
            missing =
                    new TruthCheck(
                                    node.truth(),
                                    Published.read(clients, TOPICS, from, node.pubkey()),
                                    TOPICS)
                            .streamedOnly();
        } while (!missing.isEmpty() && System.nanoTime() < end);
        return missing;
    }

    /// Neither the time for a sweep comes, nor that for looking after a gap.
    private static void forEver(Duration duration) throws InterruptedException {
        new CountDownLatch(1).await();
    }

    private static IngestConfig config(SimulatedNode node) {
        return IngestConfig.defaults()
                .withNodes(
                        List.of(
                                new NodeConfig(
                                        node.alias(),
                                        node.host(),
                                        node.port(),
                                        node.tlsCertificate(),
                                        node.macaroon(),
                                        node.network())));
    }

    /// One node, and the ingestors that follow it one after the other.
    private static final class LifeOfOne implements AutoCloseable {
        private final long seed;
        private final SplittableRandom random;
        private final SimulatedNode node;
        private final List<String> told = new ArrayList<>();
        private MortalClients clients;
        private Ingestor ingestor;

        /// With short sweeps only, after the first: what they leave to rescans must not happen then.
        private final boolean isShort;

        LifeOfOne(long seed) {
            this.seed = seed;
            this.random = new SplittableRandom(seed);
            this.isShort = random.nextInt(3) == 0;
            Habits habits = Habits.usual();
            if (isShort) {
                habits = habits.with(Happening.KEYSEND_AGAIN, 0);
            }
            node =
                    SimulatedNode.start(
                            NodePlan.of("model-" + seed, seed, directory.resolve("node-" + seed))
                                    .withTraps(traps())
                                    .withHabits(habits));
            clients = new MortalClients(KafkaClients.of(connection));
            ingestor = newIngestor();
        }

        void goOn() throws Exception {
            boolean restartsBroker = seed % SEEDS_PER_BROKER_RESTART == 0;
            for (int i = 0; i < ACTIONS; i++) {
                act(random.nextInt(20));
                if (restartsBroker && i == ACTIONS / 2) {
                    told.add("broker restarted");
                    String where = broker.bootstrapServers();
                    broker.close();
                    steps();
                    broker = EmbeddedKafka.startAgain(directory.resolve("kafka"), where);
                }
            }
        }

        private void act(int what) throws Exception {
            switch (what) {
                case 0 -> {
                    told.add("streams cut");
                    node.cutStreams();
                }
                case 1 -> {
                    told.add("node killed");
                    node.kill();
                    steps();
                    up();
                }
                case 2 -> {
                    told.add("node stopped");
                    node.stop();
                    steps();
                    up();
                }
                case 3, 4 -> {
                    int calls = 1 + random.nextInt(40);
                    clients.dieAfter(calls);
                    boolean isDead = untilDead();
                    told.add(
                            isDead
                                    ? "ingestor killed after %d calls".formatted(calls)
                                    : "ingestor stopped");
                    ingestor.close();
                    steps();
                    clients = new MortalClients(KafkaClients.of(connection));
                    ingestor = newIngestor();
                }
                case 5 -> {
                    told.add("ingestor restarted");
                    ingestor.close();
                    steps();
                    clients = new MortalClients(KafkaClients.of(connection));
                    ingestor = newIngestor();
                }
                case 6 -> {
                    told.add("canceled invoices deleted");
                    node.deleteCanceledInvoices();
                }
                case 7 -> {
                    told.add("failed payments deleted");
                    node.deleteFailedPayments();
                }
                case 8 -> {
                    if (random.nextInt(6) == 0 && !isShort) {
                        told.add("migrated");
                        node.stop();
                        node.migrateToSql();
                        up();
                    }
                }
                case 9 -> {
                    if (random.nextInt(6) == 0) {
                        told.add("reorganised");
                        node.reorg(1 + random.nextInt(5));
                    }
                }
                case 10 -> node.traps(traps());
                case 12 -> {
                    if (random.nextInt(8) == 0 && !isShort) {
                        told.add("restored from its seed");
                        node.kill();
                        node.restoreFromSeed();
                        up();
                    }
                }
                case 11 -> {
                    if (random.nextInt(2) == 0) {
                        settle();
                    }
                }
                default -> steps();
            }
            steps();
        }

        private void steps() {
            int count = random.nextInt(STEPS_MAX);
            for (int i = 0; i < count; i++) {
                node.step();
            }
            if (random.nextInt(3) > 0) {
                liveOn();
            }
        }

        /// Gives the ingestor the time to be live again, while the node goes on.
        private void liveOn() {
            long end = System.nanoTime() + LIVE_PATIENCE.toNanos();
            while (System.nanoTime() < end
                    && node.state() == WalletState.SERVER_ACTIVE
                    && ingestor.statuses().getFirst().state() != NodeState.LIVE) {
                node.step();
                LockSupport.parkNanos(STEP_NANOS);
            }
        }

        /// Steps until the ingestor dies of what it has to do.
        private boolean untilDead() {
            long end = System.nanoTime() + LIVE_PATIENCE.toNanos();
            while (!clients.isDead() && System.nanoTime() < end) {
                node.step();
                LockSupport.parkNanos(STEP_NANOS);
            }
            return clients.isDead();
        }

        private void up() {
            boolean isLocked = random.nextInt(4) == 0;
            // With its trap a node comes up by itself.
            if (!node.isListening()) {
                node.startUp(isLocked);
            }
            if (isLocked) {
                steps();
                if (node.state() == WalletState.LOCKED) {
                    node.unlock();
                }
            }
        }

        /// Waits for a sweep as a person would who asks for one.
        private void settle() throws Exception {
            if (node.state() == WalletState.SERVER_ACTIVE && !node.traps().has(Trap.SILENT_LISTS)) {
                var _ = ingestor.sweepNow(node.alias());
            }
        }

        private Traps traps() {
            Traps set =
                    node == null || !node.traps().has(Trap.SQL_STORE)
                            ? Traps.none()
                            : Traps.of(Trap.SQL_STORE);
            for (Trap trap : Trap.values()) {
                boolean isSometimes = trap != Trap.SILENT_LISTS || random.nextInt(5) == 0;
                if (trap != Trap.SQL_STORE && isSometimes && random.nextInt(4) == 0) {
                    set = set.with(trap);
                }
            }
            return set;
        }

        /// The last thing that goes wrong: nothing later hides what it lost.
        private void killInTheMidst() throws Exception {
            if (!node.isListening()) {
                return;
            }
            ingestor.close();
            clients = new MortalClients(KafkaClients.of(connection));
            ingestor = newIngestor();
            liveOn();
            clients.dieAfter(random.nextInt(60));
            told.add("killed in the midst: " + untilDead());
        }

        void comeToRest() throws Exception {
            node.traps(node.traps().has(Trap.SQL_STORE) ? Traps.of(Trap.SQL_STORE) : Traps.none());
            killInTheMidst();
            node.settleAll();
            ingestor.close();
            clients = new MortalClients(KafkaClients.of(connection));
            var meters = new SimpleMeterRegistry();
            ingestor = newIngestor(meters);
            if (isShort) {
                awaitSweeps(meters, 3);
            } else {
                ingestor.sweepNow(node.alias()).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
                ingestor.sweepNow(node.alias()).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            }
            ingestor.close();
        }

        private void awaitSweeps(SimpleMeterRegistry meters, int count) {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
            while (sweeps(meters) < count) {
                assertThat(System.nanoTime())
                        .as("sweeps in time: %s", ingestor.statuses())
                        .isLessThan(end);
                LockSupport.parkNanos(PAUSE_MAX.toNanos());
            }
        }

        private static long sweeps(SimpleMeterRegistry meters) {
            return meters.find("tallystick.ingest.sweeps").timers().stream()
                    .mapToLong(io.micrometer.core.instrument.Timer::count)
                    .sum();
        }

        private Ingestor newIngestor() {
            return newIngestor(new SimpleMeterRegistry());
        }

        private Ingestor newIngestor(SimpleMeterRegistry meters) {
            IngestConfig defaults = IngestConfig.defaults();
            var made =
                    new Ingestor(
                            new IngestConfig(
                                    config(node).nodes(),
                                    defaults.sweepInterval(),
                                    isShort ? Duration.ofDays(36_500) : Duration.ofMinutes(20),
                                    defaults.backoffMin(),
                                    defaults.backoffMax(),
                                    defaults.refusedRetry(),
                                    Duration.ofSeconds(3),
                                    10 + random.nextInt(90),
                                    64 * 1024 + random.nextInt(1_000_000),
                                    4 * 1024 * 1024),
                            clients,
                            TOPICS,
                            node.clock(),
                            LifeOfOne::pause,
                            new SplittableRandom(seed),
                            meters,
                            _ -> {});
            made.start();
            return made;
        }

        /// The ingestor's pauses are short, so that much happens in them.
        private static void pause(Duration duration) throws InterruptedException {
            TimeUnit.NANOSECONDS.sleep(Math.min(duration.toNanos(), PAUSE_MAX.toNanos()));
        }

        @Override
        public void close() {
            ingestor.close();
            node.close();
        }
    }
}
