package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_RECEIPT;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.at;
import static tallystick.reconcile.Fact.booked;
import static tallystick.reconcile.Fact.settled;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tallystick.kafka.Topic;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.reconcile.ReconcileConfig.Pace;

/// The loop around the batches: assignment, requests, rebalance, failure and the end.
@Timeout(60)
class WorkerIT {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final FakeLog log = new FakeLog();
    private final TestLedger ledger = new TestLedger(log);
    private final Map<TopicPartition, Long> ends = new HashMap<>();
    private volatile Optional<ConsumerRecord<byte[], byte[]>> applied = Optional.empty();

    @AfterEach
    void close() {
        ledger.checkIdentity();
        ledger.close();
    }

    @Test
    void appliesWhatIsAskedForAndEnds() throws Exception {
        MockConsumer<byte[], byte[]> consumer = assigned();
        put(consumer, log.append(settled(NODE_A, 1, 5_000, 10)));
        Worker worker = worker(consumer, Pace.ON_DEMAND);
        Thread thread = Thread.ofPlatform().start(worker);
        assertThat(worker.awaitAssigned(LIMIT)).isTrue();

        worker.applyUpTo(Map.copyOf(ends)).get();
        worker.close();
        thread.join();

        assertThat(ledger.number("SELECT count(*) FROM ledger.evidence")).isEqualTo(1);
        assertThat(worker.failure()).isEmpty();
        assertThat(worker.hasApplied()).isTrue();
        assertThat(consumer.closed()).isTrue();
    }

    @Test
    void appliesCoverageOnceTheMarkersBehindItsRecordsArePassed() throws Exception {
        MockConsumer<byte[], byte[]> consumer = assigned();
        put(consumer, log.append(booked("e1", ENTRY_KIND_RECEIPT, 1, 5_000, 10)));
        log.appendMarkers();
        Fact.cover(log, NODE_A, 500);
        log.readAll().records().stream()
                .filter(record -> record.topic().equals(FakeLog.name(Topic.COVERAGE)))
                .forEach(record -> consumer.schedulePollTask(() -> consumer.addRecord(record)));
        Worker worker = worker(consumer, Pace.CONTINUOUS);
        Thread thread = Thread.ofPlatform().start(worker);
        awaitPolls(consumer, 2);
        assertThat(ledger.open()).isEmpty();

        // A poll that returns no record, but moves the positions past the markers.
        consumer.schedulePollTask(
                () ->
                        log.places().stream()
                                .filter(place -> !place.topic().contains("coverage"))
                                .forEach(
                                        place ->
                                                consumer.seek(
                                                        place, consumer.position(place) + 1)));
        awaitPolls(consumer, 2);
        worker.applyUpTo(Map.of()).get();

        assertThat(ledger.open()).containsExactly("BOOKED_NOT_ON_NODE 01 5000");
        worker.close();
        thread.join();
    }

    @Test
    void leavesToTheNextOwnerWhatARebalanceTakesAway() throws Exception {
        MockConsumer<byte[], byte[]> consumer = assigned();
        ConsumerRecord<byte[], byte[]> lost = log.append(settled(NODE_A, 1, 5_000, 10));
        put(consumer, lost);
        TopicPartition kept =
                new TopicPartition(FakeLog.name(Topic.COVERAGE), 1 - lost.partition());
        // Gathered in one poll, gone in the next, before anything was applied.
        consumer.schedulePollTask(
                () ->
                        consumer.rebalance(
                                log.places().stream()
                                        .filter(place -> place.partition() != lost.partition())
                                        .toList()));
        Worker worker = worker(consumer, Pace.ON_DEMAND);
        Thread thread = Thread.ofPlatform().start(worker);
        CompletableFuture<Void> done = worker.applyUpTo(Map.of(kept, 1L));
        awaitPolls(consumer, 2);
        consumer.schedulePollTask(() -> consumer.seek(kept, 1));

        done.get();
        worker.close();
        thread.join();

        assertThat(worker.failure()).isEmpty();
        assertThat(ledger.number("SELECT count(*) FROM ledger.item")).isZero();
        assertThat(
                        ledger.number(
                                "SELECT next_offset FROM ledger.position WHERE topic = '%s' AND partition_number = %d"
                                        .formatted(lost.topic(), lost.partition())))
                .isZero();
    }

    @Test
    void goesOnFromWhereAnotherHasBeen() throws Exception {
        MockConsumer<byte[], byte[]> consumer = assigned();
        Worker worker = worker(consumer, Pace.ON_DEMAND);
        Thread thread = Thread.ofPlatform().start(worker);
        assertThat(worker.awaitAssigned(LIMIT)).isTrue();
        ConsumerRecord<byte[], byte[]> record = log.append(settled(NODE_A, 1, 5_000, 10));
        ledger.applier().apply(log.readAll(), at(500));
        applied = Optional.of(record);
        put(consumer, record);

        worker.applyUpTo(Map.of(place(record), 1L)).get();
        worker.close();
        thread.join();

        assertThat(ledger.number("SELECT count(*) FROM ledger.batch")).isEqualTo(1);
        assertThat(worker.failure()).isEmpty();
    }

    @Test
    void tellsThoseWhoWaitWhyItEnded() throws Exception {
        MockConsumer<byte[], byte[]> consumer = assigned();
        Worker worker = worker(consumer, Pace.ON_DEMAND);
        Thread thread = Thread.ofPlatform().start(worker);
        assertThat(worker.awaitAssigned(LIMIT)).isTrue();
        TopicPartition place = log.places().iterator().next();
        CompletableFuture<Void> never = worker.applyUpTo(Map.of(place, 1L));

        consumer.schedulePollTask(
                () -> {
                    throw new AssertionError("out of memory, say");
                });
        thread.join();

        assertThatThrownBy(never::get).hasRootCauseMessage("out of memory, say");
        assertThat(worker.failure()).isPresent();
    }

    @Test
    void tellsThoseWhoWaitThatItWasClosed() throws Exception {
        MockConsumer<byte[], byte[]> consumer = assigned();
        Worker worker = worker(consumer, Pace.ON_DEMAND);
        Thread thread = Thread.ofPlatform().start(worker);
        assertThat(worker.awaitAssigned(LIMIT)).isTrue();
        TopicPartition place = log.places().iterator().next();
        CompletableFuture<Void> never = worker.applyUpTo(Map.of(place, 1L));

        worker.close();
        thread.join();

        assertThatThrownBy(never::get).hasMessageContaining("worker: stopped");
        assertThat(worker.failure()).isEmpty();
    }

    @Test
    void isReplacedAfterAFailureThatMayPass() throws Exception {
        MockConsumer<byte[], byte[]> failing = assigned();
        failing.schedulePollTask(() -> failing.setPollException(new KafkaException("broker gone")));
        MockConsumer<byte[], byte[]> healthy = assigned();
        put(healthy, log.append(settled(NODE_A, 1, 5_000, 10)));
        Worker second = worker(healthy, Pace.CONTINUOUS);
        Supervisor supervisor =
                new Supervisor(worker(failing, Pace.CONTINUOUS), () -> second, true);
        Thread thread = Thread.ofPlatform().start(supervisor);

        assertThat(second.awaitAssigned(LIMIT)).isTrue();
        second.applyUpTo(Map.copyOf(ends)).get();

        assertThat(supervisor.worker()).isSameAs(second);
        assertThat(supervisor.failure()).isEmpty();
        assertThat(failing.closed()).isTrue();
        supervisor.close();
        thread.join();
        assertThat(ledger.number("SELECT count(*) FROM ledger.item")).isEqualTo(1);
    }

    @Test
    void staysDownWhenGoingOnWouldBeWrong() throws Exception {
        ledger.database().execute("UPDATE ledger.position SET cluster_id = 'another'");
        Supervisor supervisor =
                new Supervisor(
                        worker(assigned(), Pace.CONTINUOUS),
                        () -> {
                            throw new AssertionError("no other worker may be made");
                        },
                        true);

        supervisor.run();

        assertThat(supervisor.failure())
                .containsInstanceOf(ReconcileException.class)
                .hasValueSatisfying(
                        failure -> assertThat(failure).hasMessageContaining("ingest resync"));
        assertThatThrownBy(() -> supervisor.worker().applyUpTo(Map.of()).get())
                .hasCauseInstanceOf(ReconcileException.class);
    }

    /// A consumer to which everything is assigned in its first poll.
    private MockConsumer<byte[], byte[]> assigned() {
        MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
        Map<TopicPartition, Long> begins = new HashMap<>();
        Map<TopicPartition, Long> far = new HashMap<>();
        for (TopicPartition place : log.places()) {
            begins.put(place, 0L);
            far.put(place, 1_000L);
        }
        consumer.updateBeginningOffsets(begins);
        consumer.updateEndOffsets(far);
        consumer.schedulePollTask(() -> consumer.rebalance(log.places()));
        return consumer;
    }

    /// To be polled after the assignment.
    private void put(MockConsumer<byte[], byte[]> consumer, ConsumerRecord<byte[], byte[]> record) {
        ends.put(place(record), record.offset() + 1);
        consumer.schedulePollTask(() -> consumer.addRecord(record));
    }

    /// Returns when so many further polls have been made.
    private static void awaitPolls(MockConsumer<byte[], byte[]> consumer, int polls)
            throws Exception {
        for (int i = 0; i < polls; i++) {
            CompletableFuture<Void> polled = new CompletableFuture<>();
            consumer.schedulePollTask(() -> polled.complete(null));
            polled.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        }
    }

    private static TopicPartition place(ConsumerRecord<byte[], byte[]> record) {
        return new TopicPartition(record.topic(), record.partition());
    }

    private Worker worker(MockConsumer<byte[], byte[]> consumer, Pace pace) {
        Collection<String> topics = FakeLog.byName().keySet();
        return new Worker(
                consumer,
                topics,
                new Positions(
                        ledger.transactions(), FakeLog.CLUSTER, topicIds(topics), this::reader),
                ledger.applier(),
                ledger.groups(),
                new Redecider(
                        ledger.transactions(),
                        RuleSet.defaults(),
                        FakeLog.PARTITIONS,
                        new Awaited()),
                () -> at(500),
                new ReconcileConfig("main", RuleSet.defaults(), 1, 1_000, pace));
    }

    /// Reads back the record that another has applied.
    private MockConsumer<byte[], byte[]> reader() {
        MockConsumer<byte[], byte[]> reader = new MockConsumer<>("none");
        ConsumerRecord<byte[], byte[]> record = applied.orElseThrow();
        reader.updateBeginningOffsets(Map.of(place(record), 0L));
        reader.schedulePollTask(() -> reader.addRecord(record));
        return reader;
    }

    private static Map<String, String> topicIds(Collection<String> topics) {
        Map<String, String> result = new HashMap<>();
        topics.forEach(topic -> result.put(topic, "id"));
        return result;
    }
}
