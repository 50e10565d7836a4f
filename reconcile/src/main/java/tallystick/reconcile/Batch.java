package tallystick.reconcile;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/// What is applied in one transaction: records, and how far that brings each partition of the same numbers.
///
/// @param partitions the partition numbers that it touches
/// @param from position of every topic partition of these numbers before
/// @param to the same after
record Batch(
        List<ConsumerRecord<byte[], byte[]>> records,
        Set<Integer> partitions,
        Map<TopicPartition, Long> from,
        Map<TopicPartition, Long> to) {
    Batch {
        records = List.copyOf(records);
        partitions = Set.copyOf(partitions);
        from = Map.copyOf(from);
        to = Map.copyOf(to);
        for (ConsumerRecord<byte[], byte[]> record : records) {
            // Applying it would not move its position, so it would be applied twice.
            if (!to.containsKey(new TopicPartition(record.topic(), record.partition()))) {
                throw new IllegalStateException(
                        "record of %s-%d: of a partition that is not ours (expected: one of %s)"
                                .formatted(record.topic(), record.partition(), to.keySet()));
            }
        }
    }

    long from(TopicPartition partition) {
        return from.getOrDefault(partition, 0L);
    }

    boolean movesNothing() {
        return records.isEmpty() && from.equals(to);
    }
}
