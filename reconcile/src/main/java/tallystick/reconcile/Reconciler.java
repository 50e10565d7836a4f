package tallystick.reconcile;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.db.Transactions;
import tallystick.db.write.PositionRepository;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.mismatch.RuleSet;

/// Kafka to ledger to mismatches: starts the workers and the relay, and stops them in order.
public final class Reconciler implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Reconciler.class);

    private static final Duration ASSIGNMENT_LIMIT = Duration.ofSeconds(60);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
    private static final Duration RELAY_PAUSE = Duration.ofMillis(250);
    private static final Duration CHECK_PAUSE = Duration.ofSeconds(1);

    private final ReconcileConfig config;
    private final RuleBook ruleBook;
    private final Transactions transactions;
    private final KafkaConnection kafka;
    private final TopicSettings topics;
    private final InstantSource clock;
    private final KafkaClients clients;
    private final Relay relay;
    private final List<Supervisor> supervisors = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Closing closing = new Closing();
    private volatile RuleSet rules;

    public Reconciler(
            ReconcileConfig config,
            DataSource dataSource,
            KafkaConnection kafka,
            TopicSettings topics,
            InstantSource clock) {
        this.config = config;
        this.rules = config.rules();
        this.transactions = new Transactions(dataSource);
        this.ruleBook = new RuleBook(transactions);
        this.kafka = kafka;
        this.topics = topics;
        this.clock = clock;
        this.clients = KafkaClients.of(kafka, config.batchRecords());
        this.relay = new Relay(transactions, clients, topics, config.ledger(), clock);
    }

    /// Starts, and returns when every worker has its partitions. The rules of the configuration hold from now on. A worker that
    /// fails later for a reason that may pass, such as
    /// a database that is away, is replaced by itself when the pace is continuous.
    ///
    /// @throws ReconcileException when the log in Kafka is not the one that was applied, with the way out
    public void start() throws InterruptedException {
        boolean isContinuous = config.pace() == ReconcileConfig.Pace.CONTINUOUS;
        requireAlone();
        relay.takeOver(); // First: it lets the next line see what a killed relay told.
        new Restoration(transactions, clients, topics, config.ledger()).requireNone();
        rules = ruleBook.activate(config.rules(), clock.instant());
        for (int i = 0; i < config.workers(); i++) {
            Supervisor supervisor = new Supervisor(worker(), this::worker, isContinuous);
            supervisors.add(supervisor);
            threads.add(Thread.ofPlatform().name("reconcile-" + i).start(supervisor));
        }
        for (Supervisor supervisor : supervisors) {
            if (!supervisor.worker().awaitAssigned(ASSIGNMENT_LIMIT)) {
                throw new ReconcileException(
                        "worker: no partitions after %s (expected: an assignment)"
                                .formatted(ASSIGNMENT_LIMIT));
            }
        }
        throwIfFailed();
        if (isContinuous) {
            threads.add(
                    Thread.ofPlatform()
                            .name("relay")
                            .start(() -> continuously("relay", RELAY_PAUSE, relay::drain)));
            checkBeside();
        }
    }

    /// Other rules than those in force are brought into force only while nobody decides by them.
    private void requireAlone() throws InterruptedException {
        Optional<RuleSet> inForce = ruleBook.active();
        if (inForce.isEmpty() || inForce.get().text().equals(config.rules().text())) {
            return;
        }
        List<String> hosts = members();
        if (!hosts.isEmpty()) {
            throw new ReconcileException(
                    "rules: %s in this process (expected: %s, as in version %d, under which %d workers of this ledger run at %s; give this process the same rules.file, or stop the others first. A worker that was killed counts for up to a minute)"
                            .formatted(
                                    difference(config.rules(), inForce.get()),
                                    difference(inForce.get(), config.rules()),
                                    inForce.get().version(),
                                    hosts.size(),
                                    hosts.stream()
                                            .distinct()
                                            .sorted()
                                            .collect(Collectors.joining(", "))));
        }
    }

    /// The first lines of one that the other does not have.
    private static String difference(RuleSet one, RuleSet other) {
        Set<String> others = other.text().lines().collect(Collectors.toSet());
        List<String> lines =
                one.text().lines().filter(line -> !others.contains(line)).limit(3).toList();
        return lines.isEmpty() ? "no such line" : String.join(", ", lines);
    }

    /// Where the workers of this ledger run, one each.
    private List<String> members() throws InterruptedException {
        String group = group();
        try (Admin admin = Admin.create(kafka.adminProperties())) {
            return admin.describeConsumerGroups(List.of(group)).all().get().values().stream()
                    .flatMap(described -> described.members().stream())
                    .map(MemberDescription::host)
                    .toList();
        } catch (ExecutionException e) {
            if (cause(e) instanceof GroupIdNotFoundException) {
                return List.of();
            }
            throw unreachable(e);
        }
    }

    private String group() {
        return topics.prefix() + "-reconcile-" + config.ledger();
    }

    /// Blocks until everything that is in Kafka now is applied, what has come due is decided, and the changes are published.
    public void applyNow() throws InterruptedException {
        Map<TopicPartition, Long> ends = ends();
        List<CompletableFuture<Void>> requests =
                supervisors.stream().map(one -> one.worker().applyUpTo(ends)).toList();
        for (CompletableFuture<Void> request : requests) {
            try {
                request.get();
            } catch (ExecutionException e) {
                throw Worker.unwrapped(cause(e));
            }
        }
        relay.drain();
    }

    /// Fails when a worker has failed and will not be replaced, with its reason.
    public void throwIfFailed() {
        for (Supervisor supervisor : supervisors) {
            supervisor
                    .failure()
                    .ifPresent(
                            failure -> {
                                throw failure;
                            });
        }
    }

    /// Forgets how far the log was applied, so that all of it is applied again: the way out when Kafka's log was lost,
    /// replaced or shortened. What is applied again changes nothing that is right. No worker may be running.
    ///
    /// @return how many positions were forgotten
    public static int resync(DataSource dataSource) {
        return new Transactions(dataSource)
                .call(connection -> new PositionRepository().deleteAll(connection));
    }

    /// Lets the batches in hand be committed, then stops.
    @Override
    public void close() {
        closing.close();
        supervisors.forEach(Supervisor::close);
        boolean isInterrupted = false;
        for (Thread thread : threads) {
            isInterrupted |= !join(thread);
        }
        relay.close();
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /// False when the caller is interrupted meanwhile.
    private static boolean join(Thread thread) {
        try {
            if (!thread.join(STOP_LIMIT)) {
                thread.interrupt(); // It waits for something that does not come.
            }
            return true;
        } catch (InterruptedException e) {
            thread.interrupt();
            return false;
        }
    }

    /// The ledger's check of itself reads all of it: beside the workers, so that no record waits for it. Closing does not wait
    /// either, as it only reads until what it found is written in one transaction.
    private void checkBeside() {
        var decider = new GroupDecider(transactions, rules, topics.partitions(), new Awaited());
        var _ =
                Thread.ofPlatform()
                        .name("ledger-check")
                        .daemon()
                        .start(
                                () ->
                                        continuously(
                                                "the ledger's check of itself",
                                                CHECK_PAUSE,
                                                () -> decider.checkLedger(clock.instant())));
    }

    /// Something that is done again and again until this is closed.
    private interface Chore {
        void run() throws InterruptedException;
    }

    private void continuously(String name, Duration pause, Chore chore) {
        Backoff backoff = new Backoff();
        while (!closing.isClosed()) {
            try {
                Duration wait = pause;
                try {
                    chore.run();
                    backoff.reset();
                } catch (RuntimeException e) {
                    wait = backoff.next();
                    if (!closing.isClosed()) {
                        log.atWarn()
                                .setCause(e)
                                .addKeyValue("wait", wait)
                                .log("{}: trying again", name);
                    }
                }
                closing.await(wait);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /// What Kafka says of itself and of our topics.
    private record Cluster(String id, Map<String, String> topicIds) {}

    private Cluster describe() {
        try (Admin admin = Admin.create(kafka.adminProperties())) {
            String id = admin.describeCluster().clusterId().get();
            Map<String, TopicDescription> described =
                    admin.describeTopics(reconciled(topics).keySet()).allTopicNames().get();
            described.forEach(this::requirePartitions);
            Map<String, String> topicIds = new HashMap<>();
            described.forEach((name, topic) -> topicIds.put(name, topic.topicId().toString()));
            return new Cluster(id, topicIds);
        } catch (ExecutionException e) {
            if (cause(e) instanceof UnknownTopicOrPartitionException) {
                throw new ReconcileException(
                        "topics: missing (expected: made by `tallystick topics create`)", cause(e));
            }
            throw unreachable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ReconcileException.passing("Kafka: interrupted (expected: an answer)", e);
        }
    }

    private ReconcileException unreachable(ExecutionException e) {
        return ReconcileException.passing(
                "Kafka: %s (expected: brokers at %s)"
                        .formatted(cause(e).getMessage(), kafka.bootstrapServers()),
                cause(e));
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
        partitions(topics).forEach(one -> wanted.put(one, OffsetSpec.latest()));
        try (Admin admin = Admin.create(kafka.adminProperties())) {
            Map<TopicPartition, Long> result = new HashMap<>();
            admin.listOffsets(wanted)
                    .all()
                    .get()
                    .forEach((partition, info) -> result.put(partition, info.offset()));
            return result;
        } catch (ExecutionException e) {
            throw unreachable(e);
        }
    }

    /// A worker for what Kafka is at this moment.
    private Worker worker() {
        Cluster cluster = describe();
        Map<String, Topic> byName = reconciled(topics);
        Awaited awaited = new Awaited();
        return new Worker(
                clients.consumer(group()),
                byName.keySet(),
                new Positions(
                        transactions,
                        cluster.id(),
                        cluster.topicIds(),
                        () -> clients.consumer(topics.prefix() + "-check-" + config.ledger())),
                new BatchApplier(
                        transactions, rules, byName, cluster.id(), topics.partitions(), awaited),
                new GroupDecider(transactions, rules, topics.partitions(), awaited),
                new Redecider(transactions, rules, topics.partitions(), awaited),
                clock,
                config);
    }

    /// The topics whose records are applied, by name.
    static Map<String, Topic> reconciled(TopicSettings topics) {
        return Arrays.stream(Topic.values())
                .filter(Topic::isReconciled)
                .collect(Collectors.toMap(topics::name, topic -> topic));
    }

    /// Every partition whose records are applied.
    static List<TopicPartition> partitions(TopicSettings topics) {
        List<TopicPartition> result = new ArrayList<>();
        for (String topic : reconciled(topics).keySet()) {
            for (int partition = 0; partition < topics.partitions(); partition++) {
                result.add(new TopicPartition(topic, partition));
            }
        }
        return result;
    }

    private static Throwable cause(ExecutionException e) {
        return e.getCause() == null ? e : e.getCause();
    }
}
