package tallystick.reconcile;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads the partitions that Kafka assigns to it and applies them. Positions live with the data: nothing is committed to Kafka.
///
/// `run` belongs to one thread; the rest may be called from any.
final class Worker implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(Worker.class);

    /// How long an idle worker that applies on demand waits for the next request before it looks after its group.
    private static final Duration IDLE = Duration.ofMillis(20);

    private final Consumer<byte[], byte[]> consumer;
    private final Collection<String> topics;
    private final Positions positions;
    private final BatchApplier applier;
    private final GroupDecider groups;
    private final Redecider redecider;
    private final InstantSource clock;
    private final ReconcileConfig config;

    /// How far each partition that is ours is applied.
    private final Map<TopicPartition, Long> next = new HashMap<>();

    /// Read, but not applied yet.
    private final List<ConsumerRecord<byte[], byte[]>> gathered = new ArrayList<>();

    private final LinkedBlockingQueue<Request> requests = new LinkedBlockingQueue<>();
    private final CountDownLatch assigned = new CountDownLatch(1);
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final Closing closing = new Closing();
    private final Retry retry = new Retry(closing);
    private volatile boolean wasAssigned;
    private volatile boolean applied;

    /// False until everything of our partitions is decided under the rules that hold now.
    private boolean isRedecided;

    /// True while there may be something that has come due.
    private boolean mayBeMore;

    Worker(
            Consumer<byte[], byte[]> consumer,
            Collection<String> topics,
            Positions positions,
            BatchApplier applier,
            GroupDecider groups,
            Redecider redecider,
            InstantSource clock,
            ReconcileConfig config) {
        this.consumer = consumer;
        this.topics = List.copyOf(topics);
        this.positions = positions;
        this.applier = applier;
        this.groups = groups;
        this.redecider = redecider;
        this.clock = clock;
        this.config = config;
    }

    /// "Apply everything below these offsets."
    private record Request(Map<TopicPartition, Long> ends, CompletableFuture<Void> done) {}

    @Override
    public void run() {
        try (consumer) {
            consumer.subscribe(topics, new Resume());
            while (!closing.isClosed()) {
                step();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            if (!closing
                    .isClosed()) { // On closing, whatever is called may complain of being woken.
                ended.completeExceptionally(e);
            }
        } finally {
            ended.complete(null);
            assigned.countDown();
            for (Request request = requests.poll(); request != null; request = requests.poll()) {
                request.done().completeExceptionally(stopped());
            }
        }
    }

    private Throwable stopped() {
        return ended.isCompletedExceptionally()
                ? ended.exceptionNow()
                : new ReconcileException("worker: stopped (expected: running)");
    }

    /// Completes when all partitions that this worker holds are applied up to the given ends, and what had come due is
    /// decided.
    CompletableFuture<Void> applyUpTo(Map<TopicPartition, Long> ends) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        requests.add(new Request(Map.copyOf(ends), done));
        if (ended.isDone()) {
            done.completeExceptionally(stopped());
        }
        return done;
    }

    /// Why it has ended by itself; empty while it runs, and when it was closed.
    Optional<RuntimeException> failure() {
        return ended.isCompletedExceptionally()
                ? Optional.of(unwrapped(ended.exceptionNow()))
                : Optional.empty();
    }

    /// What a callback throws comes wrapped by Kafka.
    static RuntimeException unwrapped(Throwable failure) {
        Throwable reason = failure;
        while (reason instanceof KafkaException && reason.getCause() != null) {
            reason = reason.getCause();
        }
        return reason instanceof RuntimeException runtime
                ? runtime
                : new ReconcileException("worker: " + reason, reason);
    }

    /// True when it has had partitions.
    boolean wasAssigned() {
        return wasAssigned;
    }

    /// True when it has applied something.
    boolean hasApplied() {
        return applied;
    }

    /// Waits for the first assignment; false when it did not come in time.
    boolean awaitAssigned(Duration limit) throws InterruptedException {
        return assigned.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /// Returns at once; the batch in hand is still committed.
    void close() {
        closing.close();
        consumer.wakeup();
    }

    private void step() throws InterruptedException {
        if (config.pace() == ReconcileConfig.Pace.CONTINUOUS) {
            gather(mayBeMore ? Duration.ZERO : ReconcileConfig.POLL_TIMEOUT);
            applyGathered();
            redecide();
            decideSomeDue();
            Request request = requests.peek();
            if (request != null && reached(request) && !mayBeMore) {
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
            if (!closing.isClosed()) {
                request.done().complete(null);
            }
        } finally {
            if (!request.done().isDone()) {
                requests.add(request); // Answered with the reason, when the worker has ended.
            }
        }
    }

    private void applyRequest(Request request) throws InterruptedException {
        while ((!reached(request) || !gathered.isEmpty()) && !closing.isClosed()) {
            while (!reached(request)
                    && gathered.size() < config.batchRecords()
                    && !closing.isClosed()) {
                gather(ReconcileConfig.POLL_TIMEOUT);
            }
            applyGathered();
        }
        while (!isRedecided && !next.isEmpty() && !closing.isClosed()) {
            redecide();
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

    /// Partitions that are assigned in this very poll are not paused, so even here records may come.
    private void keepMembership() {
        consumer.pause(consumer.assignment());
        gather(Duration.ZERO);
        consumer.resume(consumer.assignment());
    }

    private void gather(Duration timeout) {
        consumer.poll(timeout).forEach(gathered::add);
    }

    /// Positions count, not records: they also move where there are only the markers of transactions, and coverage may have
    /// waited for that.
    private void applyGathered() throws InterruptedException {
        Map<TopicPartition, Long> to = new HashMap<>();
        next.keySet().forEach(partition -> to.put(partition, consumer.position(partition)));
        Batch batch = new Batch(gathered, numbers(), next, to);
        if (batch.movesNothing()) {
            return;
        }
        try {
            retry.run(
                    () -> {
                        applier.apply(batch, clock.instant());
                        return 0;
                    });
            next.putAll(to);
            gathered.clear();
            applied = true;
            log.atInfo()
                    .addKeyValue("records", batch.records().size())
                    .addKeyValue("partitions", batch.partitions())
                    .log("batch applied");
        } catch (LostPositionException e) {
            log.atWarn().setCause(e).log("positions moved; going on from where they are");
            gathered.clear();
            resume(next.keySet());
        }
    }

    /// One batch, so that what comes need not wait for all.
    private void redecide() throws InterruptedException {
        if (!isRedecided && !next.isEmpty()) {
            Instant now = clock.instant();
            isRedecided = !retry.run(() -> redecider.step(numbers(), now));
        }
    }

    /// A part, so that what comes need not wait for all.
    private void decideSomeDue() throws InterruptedException {
        mayBeMore = false;
        if (next.isEmpty()) {
            return;
        }
        Instant now = clock.instant();
        boolean mayBeDue = retry.run(() -> applier.sweep(numbers(), now).mayBeMore());
        boolean mayBeDirty = retry.run(() -> groups.decideSome(now));
        mayBeMore = mayBeDue || mayBeDirty || !isRedecided;
    }

    private void decideDue() throws InterruptedException {
        if (next.isEmpty()) {
            return;
        }
        Instant now = clock.instant();
        var _ = retry.run(() -> applier.decideDue(numbers(), now));
        retry.run(
                () -> {
                    groups.decideDirty(now);
                    return 0;
                });
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
            isRedecided = false;
            applier.lookAgain();
            wasAssigned = true;
            assigned.countDown();
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            // Nothing to save: every batch saved itself. What was not applied yet is left to the
            // next owner.
            partitions.forEach(next::remove);
            gathered.removeIf(
                    record ->
                            partitions.contains(
                                    new TopicPartition(record.topic(), record.partition())));
        }
    }
}
