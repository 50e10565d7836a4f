package tallystick.reconcile;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.db.Transactions;
import tallystick.db.write.PositionRepository;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;

/// Kafka to ledger to mismatches: starts the workers and the relay, and stops them in order.
public final class Reconciler implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Reconciler.class);

    private static final Duration ASSIGNMENT_LIMIT = Duration.ofSeconds(60);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
    private static final Duration RELAY_PAUSE = Duration.ofMillis(250);

    private final ReconcileConfig config;
    private final Transactions transactions;
    private final KafkaConnection kafka;
    private final TopicSettings topics;
    private final InstantSource clock;
    private final Relay relay;
    private final List<Worker> workers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean closed;

    public Reconciler(
            ReconcileConfig config,
            DataSource dataSource,
            KafkaConnection kafka,
            TopicSettings topics,
            InstantSource clock) {
        this.config = config;
        this.transactions = new Transactions(dataSource);
        this.kafka = kafka;
        this.topics = topics;
        this.clock = clock;
        this.relay = new Relay(transactions, kafka, topics, config.ledger());
    }

    /// Starts, and returns when every worker has its partitions.
    ///
    /// @throws ReconcileException when the log in Kafka is not the one that was applied, with the way out
    public void start() throws InterruptedException {
        Cluster cluster = describe();
        for (int i = 0; i < config.workers(); i++) {
            Worker worker = worker(cluster);
            workers.add(worker);
            threads.add(Thread.ofPlatform().name("reconcile-" + i).start(worker));
        }
        for (Worker worker : workers) {
            if (!worker.awaitAssigned(ASSIGNMENT_LIMIT)) {
                throw new ReconcileException(
                        "worker: no partitions after %s (expected: an assignment)"
                                .formatted(ASSIGNMENT_LIMIT));
            }
            throwIfFailed(worker);
        }
        if (config.pace() == ReconcileConfig.Pace.CONTINUOUS) {
            threads.add(Thread.ofPlatform().name("relay").start(this::relayContinuously));
        }
    }

    /// Blocks until everything that is in Kafka now is applied, what has come due is decided, and the changes are published.
    public void applyNow() throws InterruptedException {
        Map<TopicPartition, Long> ends = ends();
        for (Worker worker : workers) {
            try {
                worker.applyUpTo(ends).get();
            } catch (ExecutionException e) {
                throw unwrapped(cause(e));
            }
        }
        if (config.pace() == ReconcileConfig.Pace.ON_DEMAND) {
            relay.drain();
        }
    }

    /// Fails when a worker has failed, with its reason.
    public void throwIfFailed() {
        workers.forEach(Reconciler::throwIfFailed);
    }

    /// Forgets how far the log was applied, so that all of it is applied again: the way out when Kafka's log was lost,
    /// replaced or shortened. What is applied again changes nothing that is right. No worker may be running.
    ///
    /// @return how many positions were forgotten
    public static int resync(DataSource dataSource) {
        return new Transactions(dataSource)
                .call(connection -> new PositionRepository().deleteAll(connection));
    }

    @Override
    public void close() {
        closed = true;
        workers.forEach(Worker::close);
        boolean interrupted = false;
        for (Thread thread : threads) {
            thread.interrupt();
            try {
                thread.join(STOP_LIMIT);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        relay.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void relayContinuously() {
        while (!closed) {
            try {
                relay.drain();
                Thread.sleep(RELAY_PAUSE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (RuntimeException e) {
                if (!closed) {
                    log.atWarn().setCause(e).log("relay: trying again");
                }
            }
        }
    }

    /// What Kafka says of itself and of our topics.
    private record Cluster(String id, Map<String, String> topicIds) {}

    private Cluster describe() throws InterruptedException {
        try (Admin admin = Admin.create(kafka.adminProperties())) {
            String id = admin.describeCluster().clusterId().get();
            Map<String, TopicDescription> described =
                    admin.describeTopics(reconciled().keySet()).allTopicNames().get();
            described.forEach(this::requirePartitions);
            Map<String, String> topicIds = new HashMap<>();
            described.forEach((name, topic) -> topicIds.put(name, topic.topicId().toString()));
            return new Cluster(id, topicIds);
        } catch (ExecutionException e) {
            if (cause(e) instanceof UnknownTopicOrPartitionException) {
                throw new ReconcileException(
                        "topics: missing (expected: made by `tallystick topics create`)", cause(e));
            }
            throw new ReconcileException(
                    "Kafka: %s (expected: brokers at %s)"
                            .formatted(cause(e).getMessage(), kafka.bootstrapServers()),
                    cause(e));
        }
    }

    private void requirePartitions(String name, TopicDescription topic) {
        if (topic.partitions().size() != topics.partitions()) {
            throw new ReconcileException(
                    "topic %s: %d partitions (expected: %d, fixed for the ledger's life)"
                            .formatted(name, topic.partitions().size(), topics.partitions()));
        }
    }

    private Map<TopicPartition, Long> ends() throws InterruptedException {
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        for (String topic : reconciled().keySet()) {
            for (int partition = 0; partition < topics.partitions(); partition++) {
                wanted.put(new TopicPartition(topic, partition), OffsetSpec.latest());
            }
        }
        try (Admin admin = Admin.create(kafka.adminProperties())) {
            Map<TopicPartition, Long> result = new HashMap<>();
            admin.listOffsets(wanted)
                    .all()
                    .get()
                    .forEach((partition, info) -> result.put(partition, info.offset()));
            return result;
        } catch (ExecutionException e) {
            throw new ReconcileException(
                    "Kafka: %s (expected: brokers at %s)"
                            .formatted(cause(e).getMessage(), kafka.bootstrapServers()),
                    cause(e));
        }
    }

    private Worker worker(Cluster cluster) {
        Map<String, Topic> byName = reconciled();
        return new Worker(
                consumer(topics.prefix() + "-reconcile-" + config.ledger()),
                byName.keySet(),
                new Positions(
                        transactions,
                        cluster.id(),
                        cluster.topicIds(),
                        () -> consumer(topics.prefix() + "-check-" + config.ledger())),
                new BatchApplier(
                        transactions, config.rules(), byName, cluster.id(), topics.partitions()),
                new GroupDecider(transactions, config.rules()),
                clock,
                config);
    }

    private Consumer<byte[], byte[]> consumer(String group) {
        Map<String, Object> properties = kafka.consumerProperties(group);
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, config.batchRecords());
        return new KafkaConsumer<>(properties);
    }

    /// The topics whose records this version applies, by name. People's decisions are not among them yet.
    private Map<String, Topic> reconciled() {
        return Arrays.stream(Topic.values())
                .filter(Topic::isReconciled)
                .filter(topic -> topic != Topic.DECISIONS)
                .collect(Collectors.toMap(topics::name, topic -> topic));
    }

    private static Throwable cause(ExecutionException e) {
        return e.getCause() == null ? e : e.getCause();
    }

    private static void throwIfFailed(Worker worker) {
        if (worker.ended().isCompletedExceptionally()) {
            throw unwrapped(worker.ended().exceptionNow());
        }
    }

    private static RuntimeException unwrapped(Throwable cause) {
        Throwable root = cause;
        while (root instanceof CompletionException
                || root instanceof org.apache.kafka.common.KafkaException) {
            if (root.getCause() == null) {
                break;
            }
            root = root.getCause();
        }
        return root instanceof RuntimeException runtime
                ? runtime
                : new ReconcileException(String.valueOf(root.getMessage()), root);
    }
}
