package tallystick.simulator.replay;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.simulator.server.NodeServer;

/// Serves a recording of real nodes over gRPC, each node from a server of its own, on one clock for all.
///
/// One message is under way at a time, over all nodes and streams in the order in which they were recorded; time moves on
/// when the follower has taken it. So two replays of a recording to the same follower say the same in the same order.
///
/// `run` belongs to one thread; everything else may be called from any.
public final class Replay implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Replay.class);

    /// Longer than a broker keeps the transaction of a program that was killed open: 60 seconds, looked for every 10. Who goes on
    /// from there waits for it.
    private static final Duration STALL_LIMIT = Duration.ofSeconds(150);

    /// What is replayed, and where.
    ///
    /// @param streams the calls that the follower keeps open; what was recorded of other streams is passed over
    /// @param lists the calls that each sweep of the follower makes
    /// @param workDirectory where certificates and macaroons are put, in a folder for each node
    /// @param placeFile keeps how far the replay is, so that it can go on after the process has died
    public record ReplayPlan(
            Set<String> streams, Set<String> lists, Path workDirectory, Optional<Path> placeFile) {
        public ReplayPlan {
            streams = Set.copyOf(streams);
            lists = Set.copyOf(lists);
        }
    }

    /// Whoever follows the nodes, as the replay sees it.
    public interface Follower {
        /// How many messages of that stream it has taken in since it started, all connections together.
        long taken(String alias, String rpc);

        /// Begins a sweep of all lists. Done when it, and all that was taken before it, is stored; fails when it cannot be.
        CompletableFuture<Void> sweep(String alias);

        /// Done when all that was taken before it is stored; fails when it cannot be. The node need not be reached.
        CompletableFuture<Void> store(String alias) throws InterruptedException;
    }

    /// Is told how the replay goes, by the thread that runs it.
    public interface Listener {
        void progress(Progress progress);

        /// All nodes that have this checkpoint have been swept at it.
        void checkpointDone(int number);
    }

    private final Recording recording;
    private final Timeline timeline;
    private final ReplayPlan plan;
    private final Stage stage;
    private final ReplayClock clock;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final List<ReplayedNode> nodes = new ArrayList<>();
    private final List<NodeServer> servers = new ArrayList<>();
    private final int firstStep;

    /// Written by the nodes, as all that belongs to them with the stage's lock held.
    private final BitSet served;

    private Replay(Recording recording, ReplayPlan plan, Duration stallLimit) {
        this.recording = recording;
        this.plan = plan;
        timeline = new Timeline(recording.nodes());
        Place place = Place.read(plan.placeFile(), recording, timeline.size());
        firstStep = place.step();
        served = place.served();
        stage = new Stage(stallLimit);
        clock = new ReplayClock(at(timeline.get(Math.max(0, firstStep - 1)).line()));
        for (NodeRecording each : recording.nodes()) {
            NodeScript script = NodeScript.of(each);
            requireAnother(script);
            nodes.add(new ReplayedNode(script, timeline, plan, served, stage));
        }
    }

    /// Two that say the same of themselves would be followed as one, and the other waited for.
    private void requireAnother(NodeScript script) {
        for (ReplayedNode other : nodes) {
            if (other.script().pubkey().equals(script.pubkey())) {
                throw new RecordingException(
                        script.recording().file(),
                        0,
                        "node",
                        "%s, as %s".formatted(script.pubkey(), other.alias()),
                        "one file for each node");
            }
        }
    }

    /// Reads all of the recording, goes to the place where an earlier replay of it ended, and starts the nodes' servers.
    ///
    /// @throws RecordingException when the recording cannot be read
    /// @throws ReplayException when the place is that of another recording
    public static Replay open(Path recording, ReplayPlan plan) {
        return open(recording, plan, STALL_LIMIT);
    }

    static Replay open(Path recording, ReplayPlan plan, Duration stallLimit) {
        var replay = new Replay(Recording.read(recording), plan, stallLimit);
        try {
            replay.start();
            return replay;
        } catch (RuntimeException e) {
            replay.close();
            throw e;
        }
    }

    private void start() {
        for (int step = 0; step < firstStep; step++) {
            Line line = timeline.get(step).line();
            ReplayedNode node = node(timeline.get(step));
            if (node.reach(line, step) instanceof Turn.Stand) {
                node.passCheckpoint();
            }
        }
        // Only certificates live by the machine's time: TLS checks them against it.
        Instant now = InstantSource.system().instant();
        for (ReplayedNode node : nodes) {
            Path directory = plan.workDirectory().resolve(node.alias());
            var calls = new ReplayedCalls(node, stage);
            NodeServer server = NodeServer.create(node.alias(), directory, now, calls, executor);
            servers.add(server);
            server.start();
        }
        LOG.atInfo()
                .addKeyValue("nodes", nodes.size())
                .addKeyValue("lines", timeline.size())
                .addKeyValue("done", firstStep)
                .log("replay opened");
    }

    /// How to reach the nodes, by alias.
    public List<ReplayNode> nodes() {
        var addresses = new ArrayList<ReplayNode>();
        for (int i = 0; i < servers.size(); i++) {
            addresses.add(address(nodes.get(i), servers.get(i)));
        }
        return addresses;
    }

    private static ReplayNode address(ReplayedNode node, NodeServer server) {
        return new ReplayNode(
                node.alias(),
                node.script().pubkey(),
                NodeServer.HOST,
                server.port(),
                server.tlsCertificate(),
                server.macaroon(),
                node.script().network());
    }

    /// The moment of the line that was reached; before the start, that of the first line.
    public InstantSource clock() {
        return clock;
    }

    /// Sleeps on the replay's clock. Returns early when time stands still because a stream of the follower is not open:
    /// time would never come to the end of a pause that comes before opening it. Returns at once when closed.
    public void sleep(Duration duration) throws InterruptedException {
        Instant end = clock.instant().plus(duration);
        stage.awaitQuietly(() -> !clock.instant().isBefore(end) || isStreamMissing());
    }

    /// Plays everything from the place where it stands, sweeps every node, jumps to `asOf` and sweeps every node again. A node whose
    /// lnd is down at the recording's end is not swept then: what was taken of it is stored.
    ///
    /// @throws ReplayStalledException when nothing moves for too long
    /// @throws ReplayException when a sweep fails, or a node is asked what the recording cannot answer
    public void run(Follower follower, Instant asOf, Listener listener)
            throws InterruptedException {
        requireNotBeforeEnd(asOf);
        new ReplayRun(this, follower, listener).run(asOf);
    }

    /// @throws ReplayException when the recording goes on after the given moment
    public void requireNotBeforeEnd(Instant asOf) {
        Instant end = at(timeline.get(timeline.size() - 1).line());
        if (asOf.isBefore(end)) {
            throw new ReplayException(
                    "as-of: %s (expected: not before the recording's end, %s)"
                            .formatted(asOf, end));
        }
    }

    /// The nodes whose lnd is not up at the place that is reached, by alias, and since when.
    public SortedMap<String, Instant> down() {
        return stage.with(
                () -> {
                    var down = new TreeMap<String, Instant>();
                    nodes.forEach(
                            node ->
                                    node.downSince()
                                            .ifPresent(since -> down.put(node.alias(), since)));
                    return down;
                });
    }

    /// By call, how many different recorded messages have been served, as messages of a stream or as answers to list
    /// calls, from the recording's beginning to the place that is reached.
    public SortedMap<String, Long> served() {
        return stage.with(
                () ->
                        served.stream()
                                .mapToObj(step -> timeline.get(step).line())
                                .map(Replay::rpc)
                                .flatMap(Optional::stream)
                                .collect(
                                        Collectors.groupingBy(
                                                rpc -> rpc, TreeMap::new, Collectors.counting())));
    }

    /// Ends `run` and all that sleeps, and cuts all connections.
    @Override
    public void close() {
        stage.close();
        servers.reversed().forEach(NodeServer::close);
        executor.close();
    }

    // --- what a run needs

    Timeline timeline() {
        return timeline;
    }

    List<ReplayedNode> allNodes() {
        return nodes;
    }

    ReplayedNode node(Timeline.Step step) {
        return nodes.get(recording.nodes().indexOf(step.node()));
    }

    Stage stage() {
        return stage;
    }

    int firstStep() {
        return firstStep;
    }

    void moveTo(Instant moment) {
        stage.with(
                () -> {
                    clock.moveTo(moment);
                    stage.progressed();
                });
    }

    void keepPlace(int step) {
        plan.placeFile()
                .ifPresent(
                        file -> {
                            var copy = stage.with(() -> (BitSet) served.clone());
                            new Place(step, copy).write(file, recording);
                        });
    }

    private boolean isStreamMissing() {
        return nodes.stream().anyMatch(node -> !node.missing().isEmpty());
    }

    static Instant at(Line line) {
        return Instant.ofEpochSecond(0, line.at());
    }

    private static Optional<String> rpc(Line line) {
        return switch (line) {
            case Line.Message message -> Optional.of(message.rpc());
            case Line.End end -> Optional.of(end.rpc());
            case Line.Mark _, Line.Request _ -> Optional.empty();
        };
    }
}
