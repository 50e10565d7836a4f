package tallystick.reconcile;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import tallystick.db.Transactions;
import tallystick.db.report.IssuedReports;
import tallystick.db.seal.Head;
import tallystick.db.write.BatchRepository;
import tallystick.db.write.EvidenceRepository;
import tallystick.db.write.EvidenceRepository.OrderedQuarantined;
import tallystick.db.write.RegisterRepository;
import tallystick.db.write.RegisterRepository.OrderedChange;
import tallystick.db.write.RelayRepository;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;

/// Publishes the changes of the register and the quarantined records, in their order. How far it came is kept as the offsets
/// of a consumer group of its own, in the Kafka transaction of the records: with a new Kafka everything is published again,
/// with the same identities. Kafka forgets such offsets after a week or so without records; where it has, but has records of
/// ours, the place that was last noted in the database serves. It lies no more than one transaction back.
///
/// After a [Restoration] nothing is told until all is redone; then what differs from what had been told, and from there on everything.
///
/// A second relay of the same ledger fences the first. Any thread; one at a time is served.
final class Relay implements AutoCloseable {
    /// Most rows of a kind in one Kafka transaction.
    static final int ROWS_MAX = 1_000;

    private static final String CHANGES = "changes";
    private static final String QUARANTINED = "quarantine";
    private static final String REPORTS = "reports";

    private final Transactions transactions;
    private final KafkaClients clients;
    private final String groupId;
    private final TopicPartition changesAnchor;
    private final TopicPartition quarantineAnchor;
    private final TopicPartition reportsAnchor;
    private final TopicPartition headsAnchor;
    private final OutboxMessages messages;
    private final RegisterRepository register = new RegisterRepository();
    private final EvidenceRepository evidence = new EvidenceRepository();
    private final BatchRepository batches = new BatchRepository();
    private final IssuedReports reports = new IssuedReports();
    private final RelayRepository notes = new RelayRepository();
    private final RedoneLedger redone;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Session session;

    Relay(
            Transactions transactions,
            KafkaClients clients,
            TopicSettings topics,
            String ledger,
            InstantSource clock) {
        this.transactions = transactions;
        this.clients = clients;
        this.groupId = group(topics, ledger);
        this.changesAnchor = new TopicPartition(topics.name(Topic.MISMATCHES), 0);
        this.quarantineAnchor = new TopicPartition(topics.name(Topic.QUARANTINE), 0);
        this.reportsAnchor = new TopicPartition(topics.name(Topic.REPORTS), 0);
        this.headsAnchor = new TopicPartition(topics.name(Topic.LEDGER_HEADS), 0);
        this.messages = new OutboxMessages(topics, ledger);
        this.redone =
                new RedoneLedger(
                        transactions,
                        new PublishedState(clients, topics, topics.prefix() + "-told-" + ledger),
                        clock);
    }

    /// The consumer group whose offsets are the relay's places.
    static String group(TopicSettings topics, String ledger) {
        return topics.prefix() + "-relay-" + ledger;
    }

    /// The last row of a kind that was published, or behind which there was nothing when we looked.
    private record Place(long sequence, int ordinal) {
        static final Place START = new Place(0, -1);

        static Place after(long sequence) {
            return new Place(sequence, Integer.MAX_VALUE);
        }

        static Place of(OffsetAndMetadata committed) {
            return new Place(committed.offset(), Integer.parseInt(committed.metadata()));
        }

        OffsetAndMetadata committed() {
            return new OffsetAndMetadata(sequence, Optional.empty(), Integer.toString(ordinal));
        }
    }

    /// Clients, and how far they came.
    private static final class Session {
        final Producer<byte[], byte[]> producer;

        /// Never subscribes: it only stands for the group whose offsets are the relay's places.
        final Consumer<byte[], byte[]> group;

        Place changes = Place.START;
        Place quarantined = Place.START;
        Place reports = Place.START;

        /// Sequence number of the head that was published last.
        long head;

        /// Of quarantined records those that were told before a restoration, by their places.
        Set<String> told = Set.of();

        /// True once a restoration, if there was one, is made good.
        boolean isRedone;

        Session(Producer<byte[], byte[]> producer, Consumer<byte[], byte[]> group) {
            this.producer = producer;
            this.group = group;
        }
    }

    /// What is to be published next.
    private record Found(
            List<OrderedChange> changes,
            List<OrderedQuarantined> quarantined,
            List<IssuedReports.Told> reports,
            Optional<Head> newest,
            long publishedHead) {
        boolean isEmpty() {
            return changes.isEmpty()
                    && quarantined.isEmpty()
                    && reports.isEmpty()
                    && news().isEmpty();
        }

        long head() {
            return newest.map(Head::sequence).orElse(0L);
        }

        /// A head that is not published yet; only behind all that led to it.
        Optional<Head> news() {
            return changes.size() < ROWS_MAX && quarantined.size() < ROWS_MAX
                    ? newest.filter(one -> one.sequence() > publishedHead)
                    : Optional.empty();
        }
    }

    /// Publishes all that is there. After a failure the next call begins anew from what Kafka has committed.
    void drain() {
        lock.lock();
        try {
            Session open = open();
            if (!open.isRedone && !goOnAfterRestoration(open)) {
                return;
            }
            Found found = find(open);
            while (!found.isEmpty()) {
                publish(open, found);
                found = find(open);
            }
            // Batches that told nothing need not be looked through again.
            open.changes = Place.after(found.head());
            open.quarantined = Place.after(found.head());
        } catch (KafkaException e) {
            closeSession();
            throw ReconcileException.passing(
                    "relay: %s (expected: a Kafka that takes records)".formatted(e.getMessage()),
                    e);
        } finally {
            lock.unlock();
        }
    }

    /// What was told before a restoration is behind the places then, whatever the ledger has written anew of it.
    ///
    /// @return false while not all is redone
    private boolean goOnAfterRestoration(Session open) {
        Optional<RedoneLedger.Redone> found = redone.find();
        if (found.isPresent()) {
            OptionalLong from = found.get().from();
            if (from.isEmpty()) {
                return false;
            }
            Place before = Place.after(from.getAsLong() - 1);
            if (open.changes.sequence() < from.getAsLong()) {
                open.changes = before;
            }
            if (open.quarantined.sequence() < from.getAsLong()) {
                open.told = redone.quarantined();
            }
        }
        open.isRedone = true;
        return true;
    }

    private Session open() {
        Session present = session;
        if (present != null) {
            return present;
        }
        Session fresh = new Session(clients.producer(groupId), clients.consumer(groupId));
        session = fresh;
        fresh.producer.initTransactions(); // First: it ends what another relay has begun.
        Map<TopicPartition, OffsetAndMetadata> committed =
                fresh.group.committed(
                        Set.of(changesAnchor, quarantineAnchor, reportsAnchor, headsAnchor));
        fresh.changes = place(fresh, changesAnchor, committed, CHANGES);
        fresh.quarantined = place(fresh, quarantineAnchor, committed, QUARANTINED);
        fresh.reports = place(fresh, reportsAnchor, committed, REPORTS);
        // Where Kafka has forgotten it, the newest head is published once more, which says nothing
        // new.
        OffsetAndMetadata head = committed.get(headsAnchor);
        fresh.head = head == null ? 0 : Place.of(head).sequence();
        return fresh;
    }

    private Place place(
            Session fresh,
            TopicPartition anchor,
            Map<TopicPartition, OffsetAndMetadata> committed,
            String kind) {
        OffsetAndMetadata place = committed.get(anchor);
        if (place != null) {
            return Place.of(place);
        }
        if (!hasRecords(fresh.group, anchor.topic())) {
            return Place.START;
        }
        return transactions
                .read(connection -> notes.load(connection, kind))
                .map(noted -> new Place(noted.sequence(), noted.ordinal()))
                .orElse(Place.START);
    }

    /// True when the topic is not new, even if its records have gone with time.
    private static boolean hasRecords(Consumer<byte[], byte[]> consumer, String topic) {
        List<TopicPartition> partitions =
                consumer.partitionsFor(topic).stream()
                        .map(one -> new TopicPartition(topic, one.partition()))
                        .toList();
        return consumer.endOffsets(partitions).values().stream().anyMatch(end -> end > 0);
    }

    private Found find(Session open) {
        return transactions.read(connection -> find(connection, open));
    }

    private Found find(Connection connection, Session open) throws SQLException {
        return new Found(
                register.changesAfter(
                        connection, open.changes.sequence(), open.changes.ordinal(), ROWS_MAX),
                evidence.quarantinedAfter(
                        connection,
                        open.quarantined.sequence(),
                        open.quarantined.ordinal(),
                        ROWS_MAX),
                reports.issuedAfter(
                        connection, open.reports.sequence(), open.reports.ordinal(), ROWS_MAX),
                batches.newest(connection),
                open.head);
    }

    private void publish(Session open, Found found) {
        Map<TopicPartition, OffsetAndMetadata> places = new HashMap<>();
        Place changes = open.changes;
        Place quarantined = open.quarantined;
        open.producer.beginTransaction();
        // A send that fails makes the commit fail.
        for (OrderedChange change : found.changes()) {
            for (ProducerRecord<byte[], byte[]> record : messages.change(change)) {
                var _ = open.producer.send(record);
            }
            changes = new Place(change.sequence(), change.ordinal());
            places.put(changesAnchor, changes.committed());
        }
        for (OrderedQuarantined one : found.quarantined()) {
            // What came from there need not be told there again.
            if (!one.record().topic().equals(quarantineAnchor.topic())
                    && !open.told.contains(place(one.record()))) {
                var _ = open.producer.send(messages.quarantined(one));
            }
            quarantined = new Place(one.sequence(), one.ordinal());
            places.put(quarantineAnchor, quarantined.committed());
        }
        Place told = open.reports;
        for (IssuedReports.Told report : found.reports()) {
            var _ = open.producer.send(messages.report(report));
            told = new Place(report.place(), report.ordinal());
            places.put(reportsAnchor, told.committed());
        }
        Optional<Head> head = found.news();
        if (head.isPresent()) {
            var _ = open.producer.send(messages.head(head.get()));
            places.put(headsAnchor, new Place(head.get().sequence(), 0).committed());
        }
        open.producer.sendOffsetsToTransaction(places, open.group.groupMetadata());
        open.producer.commitTransaction();
        open.changes = changes;
        open.quarantined = quarantined;
        open.reports = told;
        head.ifPresent(one -> open.head = one.sequence());
        places.remove(headsAnchor);
        if (places.isEmpty()) {
            return;
        }
        transactions.call(
                connection -> {
                    if (places.containsKey(changesAnchor)) {
                        note(connection, CHANGES, open.changes);
                    }
                    if (places.containsKey(quarantineAnchor)) {
                        note(connection, QUARANTINED, open.quarantined);
                    }
                    if (places.containsKey(reportsAnchor)) {
                        note(connection, REPORTS, open.reports);
                    }
                    return 0;
                });
    }

    private static String place(EvidenceRepository.Quarantined record) {
        return PublishedState.place(
                record.clusterId(),
                record.topic(),
                Integer.toString(record.partition()),
                Long.toString(record.offset()));
    }

    private void note(Connection connection, String kind, Place place) throws SQLException {
        notes.save(connection, kind, new RelayRepository.Place(place.sequence(), place.ordinal()));
    }

    private void closeSession() {
        Session present = session;
        session = null;
        if (present != null) {
            try (var _ = present.group;
                    var _ = present.producer) {
                return;
            }
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closeSession();
        } finally {
            lock.unlock();
        }
    }
}
