package tallystick.ingest.publish;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.NodeId;
import tallystick.proto.v1.NodeCursors;

/// The cursors of all nodes, in a compacted topic.
public final class CursorStore {
    private static final Duration POLL_TIMEOUT = Duration.ofMillis(500);
    private static final String KEY_SUFFIX = "/cursors";

    private final KafkaClients clients;
    private final TopicSettings topics;

    public CursorStore(KafkaClients clients, TopicSettings topics) {
        this.clients = clients;
        this.topics = topics;
    }

    /// Reads the topic to its end.
    ///
    /// @throws IngestException when the topic is not there, or what is in it cannot be read
    public Stored read() {
        String topic = topics.name(Topic.INGEST_STATE);
        try (Consumer<byte[], byte[]> consumer =
                clients.consumer(topics.prefix() + "-ingest-state")) {
            List<TopicPartition> partitions =
                    consumer.partitionsFor(topic).stream()
                            .map(info -> new TopicPartition(topic, info.partition()))
                            .toList();
            if (partitions.isEmpty()) {
                throw new IngestException(
                        ErrorCode.USER,
                        "topic: %s is missing (expected: made before nodes are followed)"
                                .formatted(topic));
            }
            return new Stored(readAll(consumer, partitions).values());
        }
    }

    /// The key decides the partition, by Kafka's own rule: this topic is not read by partition number.
    ProducerRecord<byte[], byte[]> record(NodeCursors cursors) {
        return new ProducerRecord<>(
                topics.name(Topic.INGEST_STATE),
                RecordKeys.bytes(cursors.getNode() + KEY_SUFFIX),
                cursors.toByteArray());
    }

    private static Map<String, NodeCursors> readAll(
            Consumer<byte[], byte[]> consumer, List<TopicPartition> partitions) {
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        Map<String, NodeCursors> latest = new HashMap<>();
        while (ends.entrySet().stream()
                .anyMatch(e -> consumer.position(e.getKey()) < e.getValue())) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL_TIMEOUT)) {
                String key = new String(record.key(), UTF_8);
                if (record.value() == null) {
                    latest.remove(key);
                } else if (key.endsWith(KEY_SUFFIX)) {
                    latest.put(key, parse(key, record.value()));
                }
            }
        }
        return latest;
    }

    private static NodeCursors parse(String key, byte[] value) {
        try {
            return NodeCursors.parseFrom(value);
        } catch (InvalidProtocolBufferException e) {
            throw new IngestException(
                    ErrorCode.INTERNAL,
                    "ingest-state, key %s: not readable (expected: NodeCursors)".formatted(key),
                    e);
        }
    }

    /// What the topic held.
    public record Stored(Collection<NodeCursors> cursors) {
        public Stored {
            cursors = List.copyOf(cursors);
        }

        /// Of the node that was last followed under the alias.
        public Optional<NodeCursors> ofAlias(String alias) {
            return latest(c -> c.getAlias().equals(alias));
        }

        public Optional<NodeCursors> ofNode(NodeId node) {
            return latest(c -> c.getNode().equals(node.pubkey()));
        }

        private Optional<NodeCursors> latest(Predicate<NodeCursors> wanted) {
            return cursors.stream()
                    .filter(wanted)
                    .max(Comparator.comparingLong(NodeCursors::getUpdatedAtNs));
        }
    }
}
