package tallystick.reconcile;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import tallystick.db.write.HistoryRepository.Applied;
import tallystick.kafka.Topic;
import tallystick.ledger.ItemKey;
import tallystick.ledger.item.Item;

/// Reads stored evidence again as it was read when it was applied. Any thread.
final class EvidenceReader {
    private final Map<String, Topic> topicsByName;

    EvidenceReader(Map<String, Topic> topicsByName) {
        this.topicsByName = Map.copyOf(topicsByName);
    }

    /// True for what people decided about what is no item.
    ///
    /// @param key under which it is kept
    boolean isOfGroup(byte[] key, String topic, byte[] bytes) {
        try {
            return decoded(new ConsumerRecord<>(topic, 0, 0, null, bytes))
                            instanceof Decoded.OfGroup(var decision)
                    && Arrays.equals(decision.key(), key);
        } catch (UndecodableException | IllegalStateException e) {
            return false; // Changed, or it would not have been applied.
        }
    }

    private Decoded decoded(ConsumerRecord<byte[], byte[]> one) throws UndecodableException {
        Topic topic = topicsByName.get(one.topic());
        if (topic == null) {
            throw new IllegalStateException(
                    "evidence of topic %s (expected: one of the ledger's)".formatted(one.topic()));
        }
        return RecordCodec.said(topic, one);
    }

    /// Whether people wrote anything in a record that could be erased.
    boolean hasTexts(Applied one) {
        Topic topic = topicsByName.get(one.topic());
        return topic != null && EvidenceTexts.isIn(topic, one.bytes());
    }

    /// What a record says of its item.
    List<Statement> statements(Applied one) {
        try {
            Decoded decoded =
                    decoded(
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

    /// The item, with what the record says of it.
    ///
    /// @param item empty before the first record
    Optional<Item> with(Optional<Item> item, Applied one) {
        Optional<Item> result = item;
        for (Statement statement : statements(one)) {
            result =
                    Optional.of(
                            statement
                                    .merge()
                                    .apply(result.orElseGet(() -> Item.empty(statement.key()))));
        }
        return result;
    }

    /// The item as records say it, put together from nothing.
    ///
    /// @param all of the item, in the order in which they were applied
    Item item(ItemKey key, List<Applied> all) {
        Optional<Item> item = Optional.of(Item.empty(key));
        for (Applied one : all) {
            item = with(item, one);
        }
        return item.orElseThrow();
    }
}
