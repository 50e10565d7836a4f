package tallystick.ops.pipeline;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;

/// Counts the committed records in each topic. Offsets do not tell: the ends of transactions take some as well.
final class RecordCount {
    private static final Duration POLL_TIMEOUT = Duration.ofMillis(200);

    private RecordCount() {}

    /// Of every topic that keeps each record; how many a compacted topic still holds is chance.
    static SortedMap<String, Long> byTopic(KafkaConnection kafka, TopicSettings settings) {
        SortedMap<String, Long> counts = new TreeMap<>();
        List<String> topics =
                Arrays.stream(Topic.values())
                        .filter(topic -> topic.cleanup() != Topic.Cleanup.COMPACT)
                        .map(settings::name)
                        .toList();
        topics.forEach(topic -> counts.put(topic, 0L));
        try (var consumer =
                new KafkaConsumer<byte[], byte[]>(
                        kafka.consumerProperties(settings.prefix() + "-count"))) {
            List<TopicPartition> partitions =
                    topics.stream()
                            .flatMap(topic -> consumer.partitionsFor(topic).stream())
                            .map(info -> new TopicPartition(info.topic(), info.partition()))
                            .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream()
                    .anyMatch(p -> consumer.position(p) < ends.getOrDefault(p, 0L))) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL_TIMEOUT)) {
                    counts.merge(record.topic(), 1L, Long::sum);
                }
            }
        }
        return counts;
    }
}
