package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
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
import tallystick.db.write.RegisterRepository;
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

    private final Transactions transactions;
    private final KafkaClients clients;
    private final String groupId;
    private final Kind changes;
    private final Kind quarantined;
    private final Kind reports;
    private final List<Kind> kinds;
    private final TopicPartition headsAnchor;
    private final OutboxMessages messages;
    private final RegisterRepository register = new RegisterRepository();
    private final EvidenceRepository evidence = new EvidenceRepository();
    private final BatchRepository batches = new BatchRepository();
    private final IssuedReports issued = new IssuedReports();
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
        this.changes = new Kind("changes", anchor(topics, Topic.MISMATCHES), this::changes);
        this.quarantined =
                new Kind("quarantine", anchor(topics, Topic.QUARANTINE), this::quarantined);
        this.reports = new Kind("reports", anchor(topics, Topic.REPORTS), this::reports);
        this.kinds = List.of(changes, quarantined, reports);
        this.headsAnchor = anchor(topics, Topic.LEDGER_HEADS);
        this.messages = new OutboxMessages(topics, ledger);
        this.redone =
                new RedoneLedger(
                        transactions,
                        new PublishedState(clients, topics, topics.prefix() + "-told-" + ledger),
                        clock);
    }

    private static TopicPartition anchor(TopicSettings topics, Topic topic) {
        return new TopicPartition(topics.name(topic), 0);
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

    /// Rows that are told in their order.
    ///
    /// @param name under which the ledger notes how far the relay came
    /// @param anchor under which Kafka does
    private record Kind(String name, TopicPartition anchor, Finder finder) {}

    /// Finds the next rows of a kind.
    private interface Finder {
        List<Row> after(Connection connection, Session open, Place place) throws SQLException;
    }

    /// A row, as it is told; without records where it was told before.
    private record Row(Place place, List<ProducerRecord<byte[], byte[]>> records) {}

    /// Clients, and how far they came.
    private static final class Session {
        final Producer<byte[], byte[]> producer;

        /// Never subscribes: it only stands for the group whose offsets are the relay's places.
        final Consumer<byte[], byte[]> group;

        final Map<Kind, Place> places = new HashMap<>();

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
    private record Found(Map<Kind, List<Row>> rows, Optional<Head> newest, long publishedHead) {
        boolean isEmpty() {
            return rows.values().stream().allMatch(List::isEmpty) && news().isEmpty();
        }

        long head() {
            return newest.map(Head::sequence).orElse(0L);
        }

        /// A head that is not published yet; only behind all that led to it.
        Optional<Head> news() {
            return rows.values().stream().allMatch(some -> some.size() < ROWS_MAX)
                    ? newest.filter(one -> one.sequence() > publishedHead)
                    : Optional.empty();
        }
    }

    /// Ends what another relay of this ledger has begun, a killed one too: until then Kafka does not say how far it came, for
    /// as long as a transaction may last.
    void takeOver() {
        lock.lock();
        try {
            open();
        } catch (KafkaException e) {
            closeSession();
            throw unreachable(e);
        } finally {
            lock.unlock();
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
            // Batches that told nothing need not be looked through again; a report may still follow
            // the newest.
            open.places.put(changes, Place.after(found.head()));
            open.places.put(quarantined, Place.after(found.head()));
        } catch (KafkaException e) {
            closeSession();
            throw unreachable(e);
        } finally {
            lock.unlock();
        }
    }

    private static ReconcileException unreachable(KafkaException e) {
        return ReconcileException.passing(
                "relay: %s (expected: a Kafka that takes records)".formatted(e.getMessage()), e);
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
            if (place(open, changes).sequence() < from.getAsLong()) {
                open.places.put(changes, Place.after(from.getAsLong() - 1));
            }
            if (place(open, quarantined).sequence() < from.getAsLong()) {
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
        Set<TopicPartition> anchors = new HashSet<>(Set.of(headsAnchor));
        kinds.forEach(kind -> anchors.add(kind.anchor()));
        Map<TopicPartition, OffsetAndMetadata> committed = fresh.group.committed(anchors);
        kinds.forEach(kind -> fresh.places.put(kind, place(fresh, kind, committed)));
        // Where Kafka has forgotten it, the newest head is published once more, which says nothing
        // new.
        OffsetAndMetadata head = committed.get(headsAnchor);
        fresh.head = head == null ? 0 : Place.of(head).sequence();
        return fresh;
    }

    private static Place place(Session open, Kind kind) {
        return requireNonNull(open.places.get(kind), kind.name());
    }

    private Place place(
            Session fresh, Kind kind, Map<TopicPartition, OffsetAndMetadata> committed) {
        OffsetAndMetadata place = committed.get(kind.anchor());
        if (place != null) {
            return Place.of(place);
        }
        if (!hasRecords(fresh.group, kind.anchor().topic())) {
            return Place.START;
        }
        return transactions
                .read(connection -> notes.load(connection, kind.name()))
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
        Map<Kind, List<Row>> rows = new LinkedHashMap<>();
        for (Kind kind : kinds) {
            rows.put(kind, kind.finder().after(connection, open, place(open, kind)));
        }
        return new Found(rows, batches.newest(connection), open.head);
    }

    private List<Row> changes(Connection connection, Session open, Place after)
            throws SQLException {
        return register
                .changesAfter(connection, after.sequence(), after.ordinal(), ROWS_MAX)
                .stream()
                .map(one -> new Row(new Place(one.sequence(), one.ordinal()), messages.change(one)))
                .toList();
    }

    private List<Row> quarantined(Connection connection, Session open, Place after)
            throws SQLException {
        return evidence
                .quarantinedAfter(connection, after.sequence(), after.ordinal(), ROWS_MAX)
                .stream()
                .map(
                        one ->
                                new Row(
                                        new Place(one.sequence(), one.ordinal()),
                                        isTold(open, one.record())
                                                ? List.of()
                                                : List.of(messages.quarantined(one))))
                .toList();
    }

    /// What came from there need not be told there again.
    private boolean isTold(Session open, EvidenceRepository.Quarantined record) {
        return record.topic().equals(quarantined.anchor().topic())
                || open.told.contains(place(record));
    }

    private List<Row> reports(Connection connection, Session open, Place after)
            throws SQLException {
        return issued.issuedAfter(connection, after.sequence(), after.ordinal(), ROWS_MAX).stream()
                .map(
                        one ->
                                new Row(
                                        new Place(one.place(), one.ordinal()),
                                        List.of(messages.report(one))))
                .toList();
    }

    private void publish(Session open, Found found) {
        Map<Kind, Place> places = new LinkedHashMap<>();
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        open.producer.beginTransaction();
        // A send that fails makes the commit fail.
        found.rows()
                .forEach(
                        (kind, rows) -> {
                            for (Row row : rows) {
                                row.records().forEach(record -> send(open, record));
                                places.put(kind, row.place());
                            }
                        });
        places.forEach((kind, place) -> offsets.put(kind.anchor(), place.committed()));
        Optional<Head> head = found.news();
        if (head.isPresent()) {
            send(open, messages.head(head.get()));
            offsets.put(headsAnchor, new Place(head.get().sequence(), 0).committed());
        }
        open.producer.sendOffsetsToTransaction(offsets, open.group.groupMetadata());
        open.producer.commitTransaction();
        open.places.putAll(places);
        head.ifPresent(one -> open.head = one.sequence());
        if (places.isEmpty()) {
            return;
        }
        transactions.call(
                connection -> {
                    for (Map.Entry<Kind, Place> one : places.entrySet()) {
                        notes.save(
                                connection,
                                one.getKey().name(),
                                new RelayRepository.Place(
                                        one.getValue().sequence(), one.getValue().ordinal()));
                    }
                    return 0;
                });
    }

    private static void send(Session open, ProducerRecord<byte[], byte[]> record) {
        var _ = open.producer.send(record);
    }

    private static String place(EvidenceRepository.Quarantined record) {
        return PublishedState.place(
                record.clusterId(),
                record.topic(),
                Integer.toString(record.partition()),
                Long.toString(record.offset()));
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
