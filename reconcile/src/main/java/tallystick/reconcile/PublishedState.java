package tallystick.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;

/// What Kafka was told, read back from it. One thread; needed only after a restoration.
final class PublishedState {
    private static final Duration POLL = Duration.ofMillis(500);

    private final KafkaClients clients;
    private final TopicSettings topics;
    private final String group;

    /// @param group whose consumers commit nothing
    PublishedState(KafkaClients clients, TopicSettings topics, String group) {
        this.clients = clients;
        this.topics = topics;
        this.group = group;
    }

    /// By mismatch id: the mismatch as it was told last; those that were told to be over are left out.
    Map<String, byte[]> mismatches() {
        Map<String, byte[]> result = new HashMap<>();
        read(
                Topic.MISMATCH_STATE,
                record -> {
                    String id = new String(record.key(), UTF_8);
                    if (record.value() == null) {
                        result.remove(id);
                    } else {
                        result.put(id, record.value());
                    }
                });
        return result;
    }

    /// Where the quarantined records lay that were told, as `cluster topic-partition@offset`.
    Set<String> quarantined() {
        Set<String> result = new HashSet<>();
        read(
                Topic.QUARANTINE,
                record ->
                        result.add(
                                place(
                                        header(record, "tallystick_cluster"),
                                        header(record, "tallystick_topic"),
                                        header(record, "tallystick_partition"),
                                        header(record, "tallystick_offset"))));
        return result;
    }

    static String place(String cluster, String topic, String partition, String offset) {
        return "%s %s-%s@%s".formatted(cluster, topic, partition, offset);
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null ? "" : new String(header.value(), UTF_8);
    }

    /// Each record that is there now, from the beginning.
    private void read(Topic topic, Consumer<ConsumerRecord<byte[], byte[]>> each) {
        String name = topics.name(topic);
        try (var consumer = clients.consumer(group)) {
            List<TopicPartition> partitions =
                    consumer.partitionsFor(name).stream()
                            .map(one -> new TopicPartition(name, one.partition()))
                            .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream()
                    .anyMatch(one -> consumer.position(one) < ends.getOrDefault(one, 0L))) {
                consumer.poll(POLL).forEach(each);
            }
        }
    }
}
