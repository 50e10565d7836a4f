package tallystick.ingest.node;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.LongAdder;
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
import tallystick.ingest.NodeConfig;
import tallystick.ingest.NodeState;
import tallystick.ingest.NodeStatus;
import tallystick.ingest.Sleeper;
import tallystick.ingest.publish.CursorStore;
import tallystick.ingest.publish.Identification;
import tallystick.ingest.publish.KafkaClients;
import tallystick.ingest.publish.NodeIdentity;
import tallystick.ingest.publish.NodePublisher;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.NodeId;
import tallystick.proto.lnrpc.GetInfoResponse;
import tallystick.proto.lnrpc.WalletState;
import tallystick.proto.v1.NodeCursors;

/// Follows one node for as long as it runs: connects, opens the streams, sweeps, sweeps again when asked or when it is time,
/// and begins anew when the connection breaks. Whatever goes wrong stays with this node.
///
/// Its threads, all virtual: one follows, one publishes, one asks for sweeps in time, and one per stream.
public final class NodeFollower implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeFollower.class);

    private final NodeConfig node;
    private final IngestConfig config;
    private final InstantSource clock;
    private final Sleeper sleeper;
    private final Fleet fleet;
    private final Consumer<NodeStatus> listener;
    private final NodePublisher publisher;
    private final Backoff backoff;
    private final SweepRequests requests = new SweepRequests();
    private final Map<String, LongAdder> taken = new ConcurrentHashMap<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile NodeStatus status;
    private volatile Optional<String> kafkaTrouble = Optional.empty();

    // Of the following thread.
    private CursorStore.Stored stored = new CursorStore.Stored(List.of());
    private @Nullable Credentials lastCredentials;
    private Identification lastIdentification = new Identification();
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
            Consumer<NodeStatus> listener) {
        this.node = node;
        this.config = config;
        this.clock = clock;
        this.sleeper = sleeper;
        this.fleet = fleet;
        this.listener = listener;
        this.publisher =
                new NodePublisher(
                        node.alias(), clients, topics, config.queueMessages(), clock, this::kafka);
        this.backoff = new Backoff(config.backoffMin(), config.backoffMax(), random);
        this.status = new NodeStatus(node.alias(), Optional.empty(), NodeState.CONNECTING, "");
    }

    public void start() {
        thread("publish", this::publish);
        thread("follow", this::follow);
        thread("timer", this::keepTime);
    }

    public CompletableFuture<Void> sweepNow() {
        return requests.ask();
    }

    public long taken(String rpc) {
        LongAdder count = taken.get(rpc);
        return count == null ? 0 : count.sum();
    }

    /// Trouble with Kafka shows as the node's: nothing of it gets through.
    public NodeStatus status() {
        NodeStatus current = status;
        Optional<String> trouble = kafkaTrouble;
        if (trouble.isEmpty() || current.state() == NodeState.REFUSED) {
            return current;
        }
        return new NodeStatus(
                current.alias(), current.pubkey(), NodeState.DEGRADED, "Kafka: " + trouble.get());
    }

    /// Returns when no thread of it runs any more; what was not committed will be read again.
    @Override
    public void close() {
        threads.reversed().forEach(Thread::interrupt);
        boolean isInterrupted = false;
        for (Thread thread : threads.reversed()) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    isInterrupted = true;
                }
            }
        }
        requests.refuse(
                new IngestException(
                        ErrorCode.EXTERNAL, "node %s: no longer followed".formatted(node.alias())));
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void thread(String name, InterruptibleWork work) {
        threads.add(
                Thread.ofVirtual()
                        .name("%s-%s".formatted(name, node.alias()))
                        .start(
                                () -> {
                                    try {
                                        work.run();
                                    } catch (InterruptedException e) {
                                        // Closed.
                                        Thread.currentThread().interrupt();
                                    }
                                }));
    }

    private void publish() throws InterruptedException {
        try {
            publisher.run();
        } catch (IngestException e) {
            // Whoever puts next is told the same, so that the following thread ends too.
            requests.broken(e);
            become(NodeState.REFUSED, e.reason());
            requests.refuse(e);
        }
    }

    /// Asks for sweeps like anybody else, and waits for each, so that they never pile up.
    private void keepTime() throws InterruptedException {
        while (true) {
            requests.awaitAccepted();
            sleeper.sleep(config.sweepInterval());
            try {
                requests.ask().get();
            } catch (ExecutionException e) {
                LOG.atDebug().addKeyValue("node", node.alias()).log("no sweep: {}", e.getMessage());
            }
        }
    }

    private void follow() throws InterruptedException {
        while (true) {
            IngestException failure = connectAndFollow();
            if (publisher.isStopped()) {
                return;
            }
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
        try {
            readStored();
            Credentials credentials = Credentials.read(node);
            Identification from = identificationOf(credentials);
            try (LndConnection connection = LndConnection.open(node, credentials, config)) {
                StateGate.await(node, connection, this::showWallet);
                try (NodeStreams streams =
                        new NodeStreams(
                                node, connection, publisher, from, requests, taken, clock)) {
                    streams.open(publisher.committed());
                    if (status.state() != NodeState.REFUSED) {
                        become(NodeState.CATCHING_UP, "");
                    }
                    return sweepUntilBroken(connection, from);
                }
            }
        } catch (IngestException e) {
            return e;
        } catch (InterruptException e) {
            throw new InterruptedException("interrupted in Kafka's client");
        } catch (KafkaException e) {
            return new IngestException(
                    ErrorCode.EXTERNAL, "Kafka: %s".formatted(e.getMessage()), e);
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("node", node.alias()).setCause(e).log("unexpected");
            return new IngestException(
                    ErrorCode.INTERNAL, "node %s: %s".formatted(node.alias(), e), e);
        }
    }

    /// Sweeps at once, and again whenever somebody asks, until the connection breaks; returns what broke it.
    private IngestException sweepUntilBroken(LndConnection connection, Identification from)
            throws InterruptedException {
        var sweep = new NodeSweep(connection, from, publisher, clock, config.pageSize());
        try {
            while (true) {
                await(sweep(sweep, from));
                wasLive = true;
                backoff.reset();
                become(NodeState.LIVE, "");
                requests.awaitRequest();
            }
        } catch (IngestException e) {
            // A stream that broke before makes the sweep fail; then the stream's reason is the one
            // to tell.
            return requests.whyBroken().orElse(e);
        }
    }

    /// Returns when all has been read; the result is done when it is committed.
    private CompletableFuture<Void> sweep(NodeSweep sweep, Identification from)
            throws InterruptedException {
        List<CompletableFuture<Void>> waiting = requests.take();
        var committed = new CompletableFuture<Void>();
        List<CompletableFuture<Void>> told = new ArrayList<>(waiting);
        told.addFirst(committed);
        boolean isPut = false;
        try {
            sweep.run(info -> identify(info, from), told);
            isPut = true;
        } finally {
            if (!isPut) {
                requests.giveBack(waiting);
            }
        }
        return committed;
    }

    private void await(CompletableFuture<Void> committed) throws InterruptedException {
        try {
            committed.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IngestException reason
                    ? reason
                    : new IngestException(
                            ErrorCode.INTERNAL,
                            "node %s: %s".formatted(node.alias(), e.getCause()),
                            e);
        }
    }

    private void readStored() {
        if (stored.cursors().isEmpty() && known == null) {
            stored = publisher.readStored();
        }
    }

    /// Equal credentials lead to the same node, so that what they bring need not wait for its name again.
    private Identification identificationOf(Credentials credentials) {
        if (!credentials.equals(lastCredentials) || lastIdentification.isRefused()) {
            if (lastCredentials != null) {
                lastIdentification.refuseIfUndecided();
            }
            lastCredentials = credentials;
            lastIdentification = new Identification();
        }
        return lastIdentification;
    }

    private void identify(GetInfoResponse info, Identification from) {
        try {
            NodeId id = requireExpected(info);
            from.confirm(new NodeIdentity(id, info.getVersion()));
            known = id;
            if (status.state() != NodeState.LIVE) {
                become(NodeState.CATCHING_UP, "");
            }
            requests.accept();
        } catch (IngestException e) {
            from.refuseIfUndecided();
            throw e;
        }
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
                known != null
                        ? Optional.of(known.pubkey())
                        : stored.ofAlias(node.alias()).map(NodeCursors::getNode);
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

    private void kafka(Optional<String> trouble) {
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

    /// Which nodes are followed under which alias.
    public static final class Fleet {
        private final Map<NodeId, String> aliases = new ConcurrentHashMap<>();

        /// Empty when the node is followed under this alias only; otherwise the alias that has it.
        Optional<String> claim(NodeConfig node, NodeId id) {
            String alias = aliases.computeIfAbsent(id, _ -> node.alias());
            return alias.equals(node.alias()) ? Optional.empty() : Optional.of(alias);
        }
    }

    /// What a thread does until it is interrupted.
    @FunctionalInterface
    private interface InterruptibleWork {
        void run() throws InterruptedException;
    }
}
