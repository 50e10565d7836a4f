package tallystick.ingest;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import tallystick.ingest.node.NodeFollower;
import tallystick.ingest.node.NodeStreams;
import tallystick.ingest.node.NodeSweep;
import tallystick.ingest.publish.KafkaClients;
import tallystick.ingest.publish.StateStore;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.TopicSettings;

/// Follows all configured nodes and publishes what they say. Nodes do not know of each other: one that fails disturbs none.
///
/// Any thread, except that `start` and `close` are called once each.
public final class Ingestor implements AutoCloseable {
    /// Full names of the streams that are followed.
    public static final Set<String> STREAMS = Set.copyOf(NodeStreams.RPCS);

    /// Full names of the calls that one sweep makes.
    public static final Set<String> LISTS = Set.copyOf(NodeSweep.RPCS);

    private final KafkaClients clients;
    private final Map<String, NodeFollower> followers = new LinkedHashMap<>();

    /// @param clock stamps what is seen
    /// @param sleeper waits between sweeps and before a node is tried again
    /// @param random spreads those tries
    public Ingestor(
            IngestConfig config,
            KafkaConnection kafka,
            TopicSettings topics,
            InstantSource clock,
            Sleeper sleeper,
            RandomGenerator random) {
        this(config, kafka, topics, clock, sleeper, random, new SimpleMeterRegistry());
    }

    /// @param meters get what is counted, see `IngestMetrics`
    public Ingestor(
            IngestConfig config,
            KafkaConnection kafka,
            TopicSettings topics,
            InstantSource clock,
            Sleeper sleeper,
            RandomGenerator random,
            MeterRegistry meters) {
        this(config, KafkaClients.of(kafka), topics, clock, sleeper, random, meters, _ -> {});
    }

    /// @param clients closed with this
    /// @param listener hears of every change of a node's state
    public Ingestor(
            IngestConfig config,
            KafkaClients clients,
            TopicSettings topics,
            InstantSource clock,
            Sleeper sleeper,
            RandomGenerator random,
            MeterRegistry meters,
            Consumer<NodeStatus> listener) {
        this.clients = clients;
        var fleet =
                new NodeFollower.Fleet(
                        new StateStore(clients, topics),
                        config.nodes().stream().map(NodeConfig::alias).toList());
        var metrics = new IngestMetrics(meters);
        for (NodeConfig node : config.nodes()) {
            followers.put(
                    node.alias(),
                    new NodeFollower(
                            node,
                            config,
                            clients,
                            topics,
                            clock,
                            sleeper,
                            // A generator per node: the given one need not bear several threads.
                            new SplittableRandom(random.nextLong()),
                            fleet,
                            metrics,
                            listener));
        }
    }

    public void start() {
        followers.values().forEach(NodeFollower::start);
    }

    /// Asks for a sweep of the node now, of every list from its beginning. It completes when such a sweep that began after this call, and everything that was
    /// taken from the node's streams before it, is committed to Kafka; it fails while the node is refused.
    public CompletableFuture<Void> sweepNow(String alias) {
        return follower(alias).sweepNow();
    }

    /// Completes when everything that was taken from the node's streams before this call is committed to Kafka. The node is
    /// asked for nothing: it may be down.
    public CompletableFuture<Void> committedSoFar(String alias) throws InterruptedException {
        return follower(alias).committedSoFar();
    }

    /// How many messages of a stream have been handed to the node's publisher since the start, over all connections.
    public long taken(String alias, String rpc) {
        return follower(alias).taken(rpc);
    }

    /// In the order of the configuration.
    public List<NodeStatus> statuses() {
        return followers.values().stream().map(NodeFollower::status).toList();
    }

    /// True when no node is followed any more, as other ingestors have taken them all.
    public boolean hasEnded() {
        return followers.values().stream().allMatch(NodeFollower::hasEnded);
    }

    /// Stops following; what was not committed will be read again by the next start.
    @Override
    public void close() {
        List.copyOf(followers.values()).reversed().forEach(NodeFollower::close);
        clients.close();
    }

    private NodeFollower follower(String alias) {
        NodeFollower follower = followers.get(alias);
        if (follower == null) {
            throw new IllegalArgumentException(
                    "node: %s (expected: one of %s)".formatted(alias, followers.keySet()));
        }
        return follower;
    }
}
