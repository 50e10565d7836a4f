package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.UnsafeByteOperations;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import tallystick.db.write.EvidenceRepository;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.proto.v1.CoverageRecord;

/// Decodes records into what they say. One that cannot be understood goes to quarantine, and the batch goes on.
final class Intake {
    private final RecordCodec codec;
    private final Map<String, Topic> topicsByName;
    private final String clusterId;

    Intake(RecordCodec codec, Map<String, Topic> topicsByName, String clusterId) {
        this.codec = codec;
        this.topicsByName = Map.copyOf(topicsByName);
        this.clusterId = clusterId;
    }

    /// The item of a record that was refused.
    ItemKey key(String topic, int partition, long offset) {
        return RefusedRecords.key(clusterId, topic, partition, offset, codec.partitions());
    }

    /// That of a record which was taken.
    Topic topic(ConsumerRecord<byte[], byte[]> record) {
        return requireNonNull(topicsByName.get(record.topic()), record.topic());
    }

    void take(Work work, ConsumerRecord<byte[], byte[]> record) {
        work.records++;
        try {
            Topic topic = topicsByName.get(record.topic());
            if (topic == null) {
                throw new UndecodableException(
                        "topic: %s (expected: one of the ledger's)".formatted(record.topic()));
            }
            switch (codec.decode(topic, record)) {
                case Decoded.Statements(var statements, var aliases) -> {
                    work.aliases.addAll(aliases);
                    if (topic == Topic.CHAIN) {
                        work.transactions.add(WalletTransactions.of(record));
                    }
                    statements.forEach(statement -> add(work, statement, record));
                }
                case Decoded.OfGroup(var decision) ->
                        work.groupDecisions.add(new Work.OfGroup(decision, record));
                case Decoded.Balances(var balance) -> work.balances.add(balance);
                case Decoded.Covered(var coverage) -> {
                    work.covered.add(new CoverageBook.Arrived(coverage, record.offset()));
                    follow(work, coverage);
                }
            }
        } catch (UndecodableException | IllegalArgumentException | ArithmeticException e) {
            quarantine(work, record, e);
        }
    }

    /// Of its copies, the one that lies with the node's own records tells of the node itself.
    private void follow(Work work, CoverageRecord coverage) {
        ItemKey key =
                ItemKey.of(new Reference.OfNode(new NodeId(coverage.getNode())), Optional.empty());
        if (RecordKeys.partition(RecordKeys.of(key), codec.partitions())
                == coverage.getPartition()) {
            work.followed.computeIfAbsent(key, _ -> new ArrayList<>()).add(coverage);
        }
    }

    private static void add(Work work, Statement statement, ConsumerRecord<byte[], byte[]> record) {
        work.statements
                .computeIfAbsent(
                        UnsafeByteOperations.unsafeWrap(Digests.itemKey(statement.key())),
                        _ -> new ArrayList<>())
                .add(new Work.Pending(statement, record));
    }

    /// Keeps the record with its bytes and the reason, and makes it an item.
    void quarantine(Work work, ConsumerRecord<byte[], byte[]> record, Exception reason) {
        work.refused.put(
                key(record.topic(), record.partition(), record.offset()),
                RefusedRecords.refused(record, reason, work.now));
        work.quarantined.add(
                new EvidenceRepository.Quarantined(
                        record.topic(),
                        record.partition(),
                        record.offset(),
                        clusterId,
                        record.key(),
                        record.value(),
                        printable(String.valueOf(reason.getMessage()))));
    }

    /// The reason may quote what is wrong, even characters that Postgres does not keep.
    private static String printable(String text) {
        return text.replaceAll("\\p{Cntrl}", "\uFFFD");
    }
}
