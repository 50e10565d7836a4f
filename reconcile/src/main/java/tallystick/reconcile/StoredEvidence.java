package tallystick.reconcile;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import tallystick.db.write.HistoryRepository.Applied;
import tallystick.kafka.Topic;

/// Records as the ledger keeps them, read again.
final class StoredEvidence {
    private StoredEvidence() {}

    /// What it says of the item that it was noted for.
    static List<Statement> statements(Applied one, Map<String, Topic> topicsByName) {
        Topic topic = topicsByName.get(one.topic());
        if (topic == null) {
            throw new IllegalStateException(
                    "evidence of topic %s (expected: one of the ledger's)".formatted(one.topic()));
        }
        try {
            Decoded decoded =
                    RecordCodec.said(
                            topic,
                            new ConsumerRecord<>(
                                    one.topic(), one.partition(), one.offset(), null, one.bytes()));
            return decoded instanceof Decoded.Statements(var statements, var _)
                    ? statements.stream()
                            .filter(
                                    statement ->
                                            Arrays.equals(
                                                    Digests.itemKey(statement.key()),
                                                    one.itemKey()))
                            .toList()
                    : List.of();
        } catch (UndecodableException e) {
            throw new IllegalStateException(
                    "evidence %s-%d@%d: unreadable (expected: as when it was applied)"
                            .formatted(one.topic(), one.partition(), one.offset()),
                    e);
        }
    }
}
