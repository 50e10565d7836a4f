package tallystick.reconcile;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.db.DatabaseException;

/// Reads the partitions that Kafka assigns to it and applies them. Positions live with the data: nothing is committed to Kafka.
///
/// `run` belongs to one thread; the rest may be called from any.
final class Worker implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(Worker.class);

    /// Waiting time after a lost connection, doubled up to the limit.
    private static final Duration RETRY_MIN = Duration.ofMillis(100);

    private static final Duration RETRY_MAX = Duration.ofSeconds(10);

    /// How long an idle worker that applies on demand waits for the next request before it looks after its group.
    private static final Duration IDLE = Duration.ofMillis(20);

    private final Consumer<byte[], byte[]> consumer;
    private final Collection<String> topics;
    private final Positions positions;
    private final BatchApplier applier;
    private final GroupDecider groups;
    private final InstantSource clock;
    private final ReconcileConfig config;
    private final Map<TopicPartition, Long> next = new HashMap<>();
    private final LinkedBlockingQueue<Request> requests = new LinkedBlockingQueue<>();
    private final CountDownLatch assigned = new CountDownLatch(1);
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile boolean closed;

    Worker(
            Consumer<byte[], byte[]> consumer,
            Collection<String> topics,
            Positions positions,
            BatchApplier applier,
            GroupDecider groups,
            InstantSource clock,
            ReconcileConfig config) {
        this.consumer = consumer;
        this.topics = List.copyOf(topics);
        this.positions = positions;
        this.applier = applier;
        this.groups = groups;
        this.clock = clock;
        this.config = config;
    }

    /// "Apply everything below these offsets."
    private record Request(Map<TopicPartition, Long> ends, CompletableFuture<Void> done) {}

    @Override
    public void run() {
        try (consumer) {
            consumer.subscribe(topics, new Resume());
            while (!closed) {
                step();
            }
            ended.complete(null);
        } catch (WakeupException e) {
            ended.complete(null);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            ended.complete(null);
        } catch (RuntimeException | Error e) {
            ended.completeExceptionally(e);
        } finally {
            assigned.countDown();
            ReconcileException gone = new ReconcileException("worker: stopped (expected: running)");
            for (Request request = requests.poll(); request != null; request = requests.poll()) {
                request.done().completeExceptionally(failure(gone));
            }
        }
    }

    private Throwable failure(ReconcileException otherwise) {
        return ended.isCompletedExceptionally() ? ended.exceptionNow() : otherwise;
    }

    /// Completes when all partitions that this worker holds are applied up to the given ends, and what had come due is
    /// decided.
    CompletableFuture<Void> applyUpTo(Map<TopicPartition, Long> ends) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        requests.add(new Request(Map.copyOf(ends), done));
        if (ended.isDone()) {
            done.completeExceptionally(failure(new ReconcileException("worker: stopped")));
        }
        return done;
    }

    /// Completes when the worker has ended, exceptionally when it failed.
    CompletableFuture<Void> ended() {
        return ended;
    }

    /// Waits for the first assignment; false when it did not come in time.
    boolean awaitAssigned(Duration limit) throws InterruptedException {
        return assigned.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// Returns at once; the batch in hand is still committed.
    void close() {
        closed = true;
        consumer.wakeup();
    }

    private void step() throws InterruptedException {
        if (config.pace() == ReconcileConfig.Pace.CONTINUOUS) {
            applyRecords(poll(ReconcileConfig.POLL_TIMEOUT));
            decideDue();
            Request request = requests.peek();
            if (request != null && reached(request)) {
                requests.remove(request);
                request.done().complete(null);
            }
            return;
        }
        Request request = requests.poll(IDLE.toMillis(), TimeUnit.MILLISECONDS);
        if (request == null) {
            keepMembership();
            return;
        }
        try {
            applyRequest(request);
            request.done().complete(null);
        } catch (RuntimeException e) {
            request.done().completeExceptionally(e);
            throw e;
        }
    }

    private void applyRequest(Request request) throws InterruptedException {
        while (!reached(request) && !closed) {
            List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
            while (!reached(request) && records.size() < config.batchRecords() && !closed) {
                records.addAll(poll(ReconcileConfig.POLL_TIMEOUT));
            }
            applyRecords(records);
        }
        decideDue();
    }

    /// Every partition that is ours is read up to its end. Markers of transactions take offsets too, so positions count, not
    /// records.
    private boolean reached(Request request) {
        return next.keySet().stream()
                .allMatch(
                        partition ->
                                consumer.position(partition)
                                        >= request.ends().getOrDefault(partition, 0L));
    }

    private void keepMembership() {
        consumer.pause(consumer.assignment());
        consumer.poll(Duration.ZERO);
        consumer.resume(consumer.assignment());
    }

    private List<ConsumerRecord<byte[], byte[]>> poll(Duration timeout) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        consumer.poll(timeout).forEach(records::add);
        return records;
    }

    private void applyRecords(List<ConsumerRecord<byte[], byte[]>> records)
            throws InterruptedException {
        Map<TopicPartition, Long> to = new HashMap<>();
        next.keySet().forEach(partition -> to.put(partition, consumer.position(partition)));
        Batch batch = new Batch(records, numbers(), next, to);
        if (batch.movesNothing()) {
            return;
        }
        try {
            retrying(
                    () -> {
                        applier.apply(batch, clock.instant());
                        return 0;
                    });
            next.putAll(to);
            log.atInfo()
                    .addKeyValue("records", records.size())
                    .addKeyValue("partitions", batch.partitions())
                    .log("batch applied");
        } catch (LostPositionException e) {
            log.atWarn().setCause(e).log("positions moved; going on from where they are");
            resume(next.keySet());
        }
    }

    private void decideDue() throws InterruptedException {
        if (next.isEmpty()) {
            return;
        }
        Instant now = clock.instant();
        int decided;
        do {
            decided = retrying(() -> applier.decideDue(numbers(), now));
        } while (decided == BatchApplier.DUE_LIMIT && !closed);
        retrying(
                () -> {
                    groups.decideDirty(now);
                    return 0;
                });
    }

    /// Work that may meet a passing failure of the database.
    private interface Attempt {
        int run();
    }

    private int retrying(Attempt attempt) throws InterruptedException {
        Duration wait = RETRY_MIN;
        while (true) {
            try {
                return attempt.run();
            } catch (DatabaseException e) {
                if (e.kind() == DatabaseException.Kind.FATAL || closed) {
                    throw e;
                }
                log.atWarn()
                        .addKeyValue("wait", wait)
                        .log("database: {}; trying again", e.getMessage());
                Thread.sleep(wait);
                wait =
                        wait.multipliedBy(2).compareTo(RETRY_MAX) < 0
                                ? wait.multipliedBy(2)
                                : RETRY_MAX;
            }
        }
    }

    private Set<Integer> numbers() {
        Set<Integer> numbers = new TreeSet<>();
        next.keySet().forEach(partition -> numbers.add(partition.partition()));
        return numbers;
    }

    private void resume(Collection<TopicPartition> partitions) {
        Map<TopicPartition, Long> found = positions.load(consumer, List.copyOf(partitions));
        found.forEach(consumer::seek);
        next.putAll(found);
    }

    private final class Resume implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            resume(partitions);
            assigned.countDown();
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            partitions.forEach(next::remove); // Nothing to save: every batch saved itself.
        }
    }
}
