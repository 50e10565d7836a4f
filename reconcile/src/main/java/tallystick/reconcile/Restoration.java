package tallystick.reconcile;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import tallystick.db.Transactions;
import tallystick.db.write.BatchRepository;
import tallystick.db.write.PositionRepository;
import tallystick.db.write.PositionRepository.Position;
import tallystick.db.write.RestorationRepository;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;

/// A ledger that came back from a backup, while Kafka has gone on: sees that it is one, says what is to be redone, and lets it
/// go on. Its sequence numbers go on behind those that Kafka was told of, so that none means two things; what is applied
/// again is not told again. Any thread.
public final class Restoration {
    private static final String CAUSE = "restore";

    /// Kafka does not answer while a relay's transaction is open; that of a killed relay ends after a minute.
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(90);

    private final Transactions transactions;
    private final KafkaClients clients;
    private final TopicSettings topics;
    private final String relayGroup;
    private final BatchRepository batches = new BatchRepository();
    private final PositionRepository positions = new PositionRepository();
    private final RestorationRepository restorations = new RestorationRepository();

    public Restoration(
            DataSource dataSource, KafkaConnection kafka, TopicSettings topics, String ledger) {
        this(new Transactions(dataSource), KafkaClients.of(kafka, 1_000), topics, ledger);
    }

    Restoration(
            Transactions transactions, KafkaClients clients, TopicSettings topics, String ledger) {
        this.transactions = transactions;
        this.clients = clients;
        this.topics = topics;
        this.relayGroup = Relay.group(topics, ledger);
    }

    /// How ledger and Kafka stand to each other.
    ///
    /// @param ledgerSequence at which the ledger ends
    /// @param publishedSequence up to which Kafka was told; 0 when it was told nothing
    /// @param redo what of each topic is to be applied, partitions together, sorted by topic
    public record Check(long ledgerSequence, long publishedSequence, List<Redo> redo) {
        public Check {
            redo = List.copyOf(redo);
        }

        /// True when Kafka was told what the ledger does not know.
        public boolean isRestored() {
            return publishedSequence > ledgerSequence;
        }
    }

    /// A check, and where the log ended then.
    private record Seen(Check check, Map<TopicPartition, Long> ends) {}

    /// Records of a topic that the ledger has not applied; markers of transactions count too.
    public record Redo(String topic, long records) {}

    /// Reads and changes nothing.
    ///
    /// @throws ReconcileException when Kafka does not answer
    public Check check() {
        return look().check();
    }

    private Seen look() {
        try (Consumer<byte[], byte[]> consumer = clients.consumer(relayGroup)) {
            long published = published(consumer);
            Map<TopicPartition, Long> ends = consumer.endOffsets(Reconciler.partitions(topics));
            Map<TopicPartition, Long> applied = new HashMap<>();
            long head =
                    transactions.read(
                            connection -> {
                                for (Position one : positions.all(connection)) {
                                    applied.put(
                                            new TopicPartition(one.topic(), one.partition()),
                                            one.nextOffset());
                                }
                                return batches.head(connection);
                            });
            Map<String, Long> left = new java.util.TreeMap<>();
            ends.forEach(
                    (partition, end) ->
                            left.merge(
                                    partition.topic(),
                                    Math.max(0, end - applied.getOrDefault(partition, 0L)),
                                    Math::addExact));
            List<Redo> redo = new ArrayList<>();
            left.forEach((topic, records) -> redo.add(new Redo(topic, records)));
            return new Seen(new Check(head, published, redo), ends);
        } catch (KafkaException e) {
            throw ReconcileException.passing(
                    "Kafka: %s (expected: what it was told by this ledger)"
                            .formatted(e.getMessage()),
                    e);
        }
    }

    /// Refuses a ledger that would tell Kafka other things under numbers that were told already.
    void requireNone() {
        Check check = check();
        if (check.isRestored()) {
            throw new ReconcileException(
                    "ledger: ends at sequence %d (expected: %d or later, up to which Kafka was told; the database seems to be restored from a backup. `tallystick restore check` says what will be redone, `tallystick restore go-on` does it)"
                            .formatted(check.ledgerSequence(), check.publishedSequence()));
        }
    }

    /// Notes the restoration: the ledger goes on behind what Kafka was told.
    ///
    /// @return the ledger sequence at which it is noted
    /// @throws ReconcileException when nothing was restored
    public long goOn(Instant now) {
        Seen seen = look();
        Check check = seen.check();
        if (!check.isRestored()) {
            throw new ReconcileException(
                    "ledger: at sequence %d, Kafka was told up to %d (expected: a ledger that is behind)"
                            .formatted(check.ledgerSequence(), check.publishedSequence()));
        }
        List<RestorationRepository.End> ends =
                seen.ends().entrySet().stream()
                        .map(
                                one ->
                                        new RestorationRepository.End(
                                                one.getKey().topic(),
                                                one.getKey().partition(),
                                                one.getValue()))
                        .toList();
        return transactions.call(
                connection -> {
                    long restored = restorations.lockHead(connection);
                    long batchId = batches.nextBatchId(connection);
                    restorations.add(
                            connection, batchId, restored, check.publishedSequence(), ends);
                    return batches.appendAfter(
                            connection, check.publishedSequence(), batchId, CAUSE, now, 0);
                });
    }

    private long published(Consumer<byte[], byte[]> consumer) {
        return consumer
                .committed(
                        Set.of(
                                new TopicPartition(topics.name(Topic.MISMATCHES), 0),
                                new TopicPartition(topics.name(Topic.QUARANTINE), 0),
                                new TopicPartition(topics.name(Topic.LEDGER_HEADS), 0)),
                        ANSWER_LIMIT)
                .values()
                .stream()
                .filter(java.util.Objects::nonNull)
                .mapToLong(OffsetAndMetadata::offset)
                .max()
                .orElse(0);
    }
}
