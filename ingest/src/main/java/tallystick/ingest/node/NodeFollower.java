package tallystick.ingest.node;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestConfig;
import tallystick.ingest.IngestException;
import tallystick.ingest.IngestMetrics;
import tallystick.ingest.NodeConfig;
import tallystick.ingest.NodeState;
import tallystick.ingest.NodeStatus;
import tallystick.ingest.Sleeper;
import tallystick.ingest.publish.KafkaClients;
import tallystick.ingest.publish.NodeIdentity;
import tallystick.ingest.publish.NodePublisher;
import tallystick.ingest.publish.Pace;
import tallystick.ingest.publish.StateStore;
import tallystick.ingest.publish.Transactions;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.NodeId;
import tallystick.proto.lnrpc.GetInfoResponse;
import tallystick.proto.lnrpc.WalletState;
import tallystick.proto.v1.NodeCursors;

/// Follows one node for as long as it runs: connects, opens the streams, sweeps, sweeps again when asked or when it is time,
/// and begins anew when the connection breaks. Whatever goes wrong stays with this node.
///
/// Its threads, all virtual: one follows, one publishes, two ask for sweeps (in time, and after gaps), and one per stream.
public final class NodeFollower implements AutoCloseable {
    /// After the streams were opened the lists are read, and once more after this: nothing tells when a stream was live.
    private static final Duration SECOND_SWEEP = Duration.ofSeconds(30);

    /// What a stream left out may still be on its way.
    private static final Duration GAP_PATIENCE = Duration.ofSeconds(2);

    /// Sweeps may take one of so many parts of the time, for the node's sake.
    private static final int TIME_SHARE = 20;

    private static final Logger LOG = LoggerFactory.getLogger(NodeFollower.class);

    private final NodeConfig node;
    private final IngestConfig config;
    private final KafkaClients clients;
    private final TopicSettings topics;
    private final InstantSource clock;
    private final Sleeper sleeper;
    private final Fleet fleet;
    private final Consumer<NodeStatus> listener;
    private final IngestMetrics.OfNode metrics;
    private final Backoff backoff;
    private final SweepRequests requests = new SweepRequests();
    private final Map<String, LongAdder> taken = new ConcurrentHashMap<>();
    private final List<Thread> threads = new CopyOnWriteArrayList<>();
    private volatile NodeStatus status;
    private volatile Optional<String> kafkaTrouble = Optional.empty();
    private volatile @Nullable LndConnection current;
    private volatile Duration lastShortSweep = Duration.ZERO;
    private volatile Duration lastRescan = Duration.ZERO;

    /// Written by the following thread only.
    private volatile @Nullable NodePublisher publisher;

    // Of the following thread.
    private @Nullable NodeId known;
    private boolean wasLive;

    public NodeFollower(
            NodeConfig node,
            IngestConfig config,
            KafkaClients clients,
            TopicSettings topics,
            InstantSource clock,
            Sleeper sleeper,
            RandomGenerator random,
            Fleet fleet,
            IngestMetrics metrics,
            Consumer<NodeStatus> listener) {
        this.node = node;
        this.config = config;
        this.clients = clients;
        this.topics = topics;
        this.clock = clock;
        this.sleeper = sleeper;
        this.fleet = fleet;
        this.listener = listener;
        this.metrics = metrics.ofNode(node.alias(), this::status);
        for (String rpc : NodeStreams.RPCS) {
            var count = new LongAdder();
            taken.put(rpc, count);
            this.metrics.countMessages(rpc, count);
        }
        this.backoff = new Backoff(config.backoffMin(), config.backoffMax(), random);
        this.status = new NodeStatus(node.alias(), Optional.empty(), NodeState.CONNECTING, "");
    }

    public void start() {
        thread("follow", this::follow);
        thread("timer", this::keepTime);
        thread("gaps", this::watchGaps);
    }

    /// True when it has been started and will do nothing more, as another ingestor follows the node.
    public boolean hasEnded() {
        return !threads.isEmpty() && !threads.getFirst().isAlive();
    }

    /// Asks for a sweep that reads every list from its beginning.
    public CompletableFuture<Void> sweepNow() {
        return requests.ask(true);
    }

    /// Done when all that was taken from the node's streams before it is committed, whether or not the node can be reached.
    public CompletableFuture<Void> committedSoFar() throws InterruptedException {
        NodePublisher opened = publisher;
        if (opened == null) {
            return CompletableFuture.completedFuture(null); // Then nothing was taken.
        }
        try {
            return opened.committedSoFar();
        } catch (IngestException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    public long taken(String rpc) {
        LongAdder count = taken.get(rpc);
        return count == null ? 0 : count.sum();
    }

    /// Trouble with Kafka shows as the node's: nothing of it gets through.
    public NodeStatus status() {
        NodeStatus now = status;
        Optional<String> trouble = kafkaTrouble;
        if (trouble.isEmpty() || now.state() == NodeState.REFUSED) {
            return now;
        }
        return new NodeStatus(
                now.alias(), now.pubkey(), NodeState.DEGRADED, "Kafka: " + trouble.get());
    }

    /// Returns when no thread of it runs any more; what was not committed will be read again.
    @Override
    public void close() {
        boolean isInterrupted = false;
        // The one that follows starts the one that publishes, so it is ended first.
        for (int i = 0; i < threads.size(); i++) {
            threads.get(i).interrupt();
            isInterrupted |= join(threads.get(i));
        }
        requests.refuse(
                new IngestException(
                        ErrorCode.EXTERNAL, "node %s: no longer followed".formatted(node.alias())));
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean join(Thread thread) {
        boolean isInterrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                isInterrupted = true;
            }
        }
        return isInterrupted;
    }

    private void thread(String name, InterruptibleWork work) {
        threads.add(started(name, work));
    }

    private Thread started(String name, InterruptibleWork work) {
        return Thread.ofVirtual()
                .name("%s-%s".formatted(name, node.alias()))
                .start(
                        () -> {
                            try {
                                work.run();
                            } catch (InterruptedException e) {
                                // Closed.
                                Thread.currentThread().interrupt();
                            }
                        });
    }

    private void publish(NodePublisher opened) throws InterruptedException {
        try {
            opened.run();
        } catch (IngestException e) {
            // Whoever puts next is told the same, so that the following thread ends too.
            requests.broken(e);
            become(NodeState.REFUSED, e.reason());
            requests.refuse(e);
            abort();
        }
    }

    /// Asks for sweeps like anybody else, and waits for each, so that they never pile up.
    private void keepTime() throws InterruptedException {
        while (true) {
            requests.awaitAccepted();
            sleeper.sleep(sparing(config.sweepInterval(), lastShortSweep));
            ask(false);
        }
    }

    /// What is missing from the streams is looked for at once, and where a short sweep does not tell, by a rescan, when the
    /// node has had its rest from the one before.
    private void watchGaps() throws InterruptedException {
        while (true) {
            requests.awaitGaps();
            sleeper.sleep(GAP_PATIENCE);
            if (requests.hasGaps()) {
                LOG.atInfo()
                        .addKeyValue("node", node.alias())
                        .log("numbers are missing from a stream; looking for them");
                requests.awaitAccepted();
                ask(false);
            }
            if (requests.hasGaps()) {
                sleeper.sleep(sparing(config.sweepInterval(), lastRescan));
                ask(true);
            }
        }
    }

    /// Sweeps once more some time after the streams of a connection were opened.
    private void sweepAgain() throws InterruptedException {
        sleeper.sleep(SECOND_SWEEP);
        ask(false);
    }

    private void ask(boolean isRescan) throws InterruptedException {
        try {
            requests.ask(isRescan).get();
        } catch (ExecutionException e) {
            LOG.atDebug().addKeyValue("node", node.alias()).log("no sweep: {}", e.getMessage());
        }
    }

    private void follow() throws InterruptedException {
        while (true) {
            IngestException failure = connectAndFollow();
            NodePublisher opened = publisher;
            if (opened != null && opened.isStopped()) {
                return;
            }
            if (failure instanceof Transactions.FencedException) {
                become(NodeState.REFUSED, failure.reason());
                requests.refuse(failure);
                return;
            }
            metrics.disconnected();
            if (failure.code() == ErrorCode.USER) {
                become(NodeState.REFUSED, failure.reason());
                requests.refuse(failure);
                sleeper.sleep(config.refusedRetry());
            } else {
                become(wasLive ? NodeState.DEGRADED : NodeState.CONNECTING, failure.reason());
                sleeper.sleep(backoff.next());
            }
        }
    }

    /// One connection, from its beginning to its end. It always ends by failing.
    private IngestException connectAndFollow() throws InterruptedException {
        requests.connecting();
        try (LndConnection connection = LndConnection.open(node, Credentials.read(node), config)) {
            current = connection;
            return follow(connection);
        } catch (IngestException e) {
            return e;
        } catch (InterruptException e) {
            throw interrupted(e);
        } catch (KafkaException e) {
            return new IngestException(
                    ErrorCode.EXTERNAL, "Kafka: %s".formatted(e.getMessage()), e);
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("node", node.alias()).setCause(e).log("unexpected");
            return new IngestException(
                    ErrorCode.INTERNAL, "node %s: %s".formatted(node.alias(), e), e);
        } finally {
            current = null;
        }
    }

    private static InterruptedException interrupted(InterruptException e) {
        Thread.interrupted();
        var interrupted = new InterruptedException("interrupted in Kafka's client");
        interrupted.initCause(e);
        return interrupted;
    }

    /// The streams are opened before the lists are asked for, so that nothing falls between the two.
    private IngestException follow(LndConnection connection) throws InterruptedException {
        StateGate.await(node, connection, this::showWallet);
        var lists = new LndLists(connection, config.pageSize());
        NodeIdentity identity = identify(lists.info());
        NodePublisher opened = publisherOf(identity);
        // What came by the connection before is done with when the cursors are read.
        Futures.await(opened.connected(identity), node.alias());
        try (NodeStreams streams =
                new NodeStreams(node, connection, opened, requests, taken, clock)) {
            streams.open(opened.committed());
            become(NodeState.CATCHING_UP, "");
            requests.accept();
            Thread second = started("second", this::sweepAgain);
            try {
                return sweepUntilBroken(new NodeSweep(node.alias(), lists, opened, clock), opened);
            } finally {
                second.interrupt();
            }
        }
    }

    private NodePublisher publisherOf(NodeIdentity identity) throws InterruptedException {
        NodePublisher opened = publisher;
        if (opened == null) {
            opened =
                    new NodePublisher(
                            node.alias(),
                            identity,
                            clients,
                            topics,
                            config.queueBytes(),
                            clock,
                            fleet.pace,
                            new PublisherListener());
            opened.open();
            publisher = opened;
            NodePublisher running = opened;
            thread("publish", () -> publish(running));
        }
        return opened;
    }

    /// Sweeps at once, and again whenever somebody asks, until the connection breaks; returns what broke it.
    private IngestException sweepUntilBroken(NodeSweep sweep, NodePublisher opened)
            throws InterruptedException {
        try {
            while (true) {
                sweep(sweep, opened);
                requests.awaitRequest();
            }
        } catch (IngestException e) {
            // A stream that broke before makes the sweep fail; then the stream's reason is the one
            // to tell.
            return requests.whyBroken().orElse(e);
        }
    }

    private void sweep(NodeSweep sweep, NodePublisher opened) throws InterruptedException {
        SweepRequests.Asked asked = requests.take();
        boolean isRescan = asked.isRescan() || isRescanDue(opened.committed());
        Instant began = clock.instant();
        var committed = new CompletableFuture<Void>();
        try {
            sweep.run(this::identify, isRescan, committed);
            Futures.await(committed, node.alias());
            asked.done();
            Duration took = Duration.between(began, clock.instant());
            metrics.swept(isRescan, took);
            if (isRescan) {
                lastRescan = took;
            } else {
                lastShortSweep = took;
            }
            wasLive = true;
            backoff.reset();
            become(NodeState.LIVE, "");
        } catch (IngestException e) {
            if (!LndLists.isSlow(e) || requests.whyBroken().isPresent()) {
                requests.giveBack(asked);
                throw e;
            }
            // The streams go on; the lists are asked for again when it is time, and not soon.
            Duration took = Duration.between(began, clock.instant());
            lastRescan = took;
            lastShortSweep = took;
            asked.failed(e);
            become(NodeState.DEGRADED, e.reason());
        } catch (InterruptedException e) {
            requests.giveBack(asked);
            throw e;
        }
    }

    private boolean isRescanDue(NodeCursors cursors) {
        Duration since =
                Duration.between(
                        Instant.EPOCH.plusNanos(cursors.getLastRescanNs()), clock.instant());
        Duration took = Duration.ofNanos(cursors.getLastRescanTookNs());
        return since.compareTo(sparing(config.rescanInterval(), took)) >= 0;
    }

    /// The interval, or longer when a sweep takes long.
    private static Duration sparing(Duration interval, Duration took) {
        Duration spared = took.multipliedBy(TIME_SHARE);
        return spared.compareTo(interval) > 0 ? spared : interval;
    }

    private void abort() {
        LndConnection open = current;
        if (open != null) {
            open.abort();
        }
    }

    private NodeIdentity identify(GetInfoResponse info) {
        NodeId id = requireExpected(info);
        known = id;
        return new NodeIdentity(id, info.getVersion());
    }

    private NodeId requireExpected(GetInfoResponse info) {
        String network = info.getChainsCount() == 0 ? "none" : info.getChains(0).getNetwork();
        if (!network.equals(node.network())) {
            throw Failures.refused(
                    node,
                    "%s is on network %s (expected: %s)"
                            .formatted(node.address(), network, node.network()));
        }
        NodeId id = nodeId(info);
        Optional<String> before =
                known != null ? Optional.of(known.pubkey()) : fleet.followedAs(node.alias());
        if (before.isPresent() && !before.get().equals(id.pubkey())) {
            throw Failures.refused(
                    node,
                    "%s is node %s (expected: %s, which was followed under this alias; a new node needs a new alias)"
                            .formatted(node.address(), id, before.get()));
        }
        fleet.claim(node, id)
                .ifPresent(
                        other -> {
                            throw Failures.refused(
                                    node,
                                    "%s is node %s, which is followed as %s (expected: each node once)"
                                            .formatted(node.address(), id, other));
                        });
        return id;
    }

    private NodeId nodeId(GetInfoResponse info) {
        try {
            return new NodeId(info.getIdentityPubkey());
        } catch (IllegalArgumentException e) {
            throw Failures.refused(
                    node, "%s says of itself: %s".formatted(node.address(), e.getMessage()));
        }
    }

    private void showWallet(WalletState state) {
        switch (state) {
            case LOCKED ->
                    become(
                            NodeState.WAITING_FOR_UNLOCK,
                            "node %s: its wallet is locked (expected: unlocked, for example with lncli unlock)"
                                    .formatted(node.alias()));
            case NON_EXISTING ->
                    become(
                            NodeState.WAITING_FOR_UNLOCK,
                            "node %s: it has no wallet (expected: one, for example made with lncli create)"
                                    .formatted(node.alias()));
            case UNLOCKED, RPC_ACTIVE, SERVER_ACTIVE, WAITING_TO_START, UNRECOGNIZED ->
                    become(
                            NodeState.CONNECTING,
                            "node %s: it is starting (%s)".formatted(node.alias(), state));
        }
    }

    private void tell(Optional<String> trouble) {
        if (!trouble.equals(kafkaTrouble)) {
            kafkaTrouble = trouble;
            if (trouble.isPresent()) {
                LOG.atWarn().addKeyValue("node", node.alias()).log("Kafka: {}", trouble.get());
            } else {
                LOG.atInfo().addKeyValue("node", node.alias()).log("Kafka: reached again");
            }
            listener.accept(status());
        }
    }

    private void become(NodeState state, String reason) {
        NodeStatus before = status;
        NodeStatus next =
                new NodeStatus(
                        node.alias(),
                        Optional.ofNullable(known).map(NodeId::pubkey),
                        state,
                        reason);
        if (next.equals(before)) {
            return;
        }
        status = next;
        (state == NodeState.REFUSED || state == NodeState.DEGRADED ? LOG.atWarn() : LOG.atInfo())
                .addKeyValue("node", node.alias())
                .addKeyValue("state", state)
                .log(reason.isEmpty() ? state.name() : reason);
        listener.accept(status());
    }

    /// Hears what the node's publisher has to say.
    private final class PublisherListener implements NodePublisher.Listener {
        @Override
        public void kafka(Optional<String> trouble) {
            tell(trouble);
        }

        @Override
        public void renumbered(IngestException reason) {
            metrics.renumbered();
            requests.broken(reason);
            abort();
        }

        @Override
        public void published(NodePublisher.Published published) {
            metrics.published(published, clock.instant());
            requests.gaps(published.hasGaps());
        }
    }

    /// Which nodes are followed under which alias, now and before.
    public static final class Fleet {
        private final Map<NodeId, String> aliases = new ConcurrentHashMap<>();
        private final StateStore store;
        private final Set<String> configured;
        private final Pace pace = new Pace();
        private final ReentrantLock lock = new ReentrantLock();

        @GuardedBy("lock")
        private @Nullable Map<String, String> before;

        /// @param configured all aliases of the configuration
        public Fleet(StateStore store, Collection<String> configured) {
            this.store = store;
            this.configured = Set.copyOf(configured);
        }

        /// The pubkey of the node that was last followed under the alias.
        Optional<String> followedAs(String alias) {
            return Optional.ofNullable(before().get(alias));
        }

        private Map<String, String> before() {
            lock.lock();
            try {
                Map<String, String> read = before;
                if (read == null) {
                    read = store.nodesByAlias();
                    before = read;
                }
                return read;
            } finally {
                lock.unlock();
            }
        }

        /// Empty when the node is followed under this alias only; otherwise the alias that has it. A node that was followed
        /// before stays with its alias as long as there is one of that name.
        Optional<String> claim(NodeConfig node, NodeId id) {
            String last = lastAlias(id).orElse(node.alias());
            String alias = aliases.computeIfAbsent(id, _ -> last);
            return alias.equals(node.alias()) ? Optional.empty() : Optional.of(alias);
        }

        private Optional<String> lastAlias(NodeId id) {
            return before().entrySet().stream()
                    .filter(each -> each.getValue().equals(id.pubkey()))
                    .map(Map.Entry::getKey)
                    .filter(configured::contains)
                    .findFirst();
        }
    }

    /// What a thread does until it is interrupted.
    @FunctionalInterface
    private interface InterruptibleWork {
        void run() throws InterruptedException;
    }
}
