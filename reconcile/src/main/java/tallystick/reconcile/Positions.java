package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import tallystick.db.Transactions;
import tallystick.db.write.PositionRepository;
import tallystick.db.write.PositionRepository.Position;

/// Finds where a worker goes on, and checks that the log there is still the one that was applied.
final class Positions {
    private static final Duration READ_BACK_TIMEOUT = Duration.ofMillis(500);
    private static final int READ_BACK_POLLS = 20;
    private static final String WAY_OUT =
            "; to apply everything again, which changes nothing that is right: tallystick ingest resync";

    private final Transactions transactions;
    private final String clusterId;
    private final Map<String, String> topicIds;
    private final Supplier<Consumer<byte[], byte[]>> readers;
    private final PositionRepository repository = new PositionRepository();

    /// @param topicIds Kafka's id of each topic, by name
    /// @param readers make consumers that belong to no group
    Positions(
            Transactions transactions,
            String clusterId,
            Map<String, String> topicIds,
            Supplier<Consumer<byte[], byte[]>> readers) {
        this.transactions = transactions;
        this.readers = readers;
        this.clusterId = clusterId;
        this.topicIds = Map.copyOf(topicIds);
    }

    /// Positions of the assigned partitions, checked; a partition that is new gets a row where its log begins.
    ///
    /// @throws ReconcileException when the log is another one, ends before the position, or begins after it
    Map<TopicPartition, Long> load(
            Consumer<byte[], byte[]> consumer, Collection<TopicPartition> assigned) {
        Map<TopicPartition, Long> begins = consumer.beginningOffsets(assigned);
        Map<TopicPartition, Long> ends = consumer.endOffsets(assigned);
        Map<TopicPartition, Position> stored = storedOrCreated(assigned, begins);
        Map<TopicPartition, Long> result = new HashMap<>();
        List<String> problems = new ArrayList<>();
        for (TopicPartition partition : assigned) {
            Position position = stored.get(partition);
            if (position == null) {
                throw new IllegalStateException(
                        "position of %s: none (expected: a row)".formatted(partition));
            }
            check(partition, position, begins, ends, problems);
            result.put(partition, position.nextOffset());
        }
        if (!problems.isEmpty()) {
            throw new ReconcileException(
                    problems.stream().sorted().limit(3).collect(Collectors.joining("; "))
                            + WAY_OUT);
        }
        checkMarks(stored, begins);
        return result;
    }

    private Map<TopicPartition, Position> storedOrCreated(
            Collection<TopicPartition> assigned, Map<TopicPartition, Long> begins) {
        Set<Integer> numbers = new TreeSet<>();
        assigned.forEach(partition -> numbers.add(partition.partition()));
        return transactions.call(
                connection -> {
                    Map<TopicPartition, Position> present =
                            byPartition(repository.lock(connection, numbers));
                    List<Position> fresh = new ArrayList<>();
                    for (TopicPartition partition : assigned) {
                        if (!present.containsKey(partition)) {
                            fresh.add(
                                    new Position(
                                            partition.partition(),
                                            partition.topic(),
                                            clusterId,
                                            topicId(partition),
                                            begins.getOrDefault(partition, 0L),
                                            null,
                                            null));
                        }
                    }
                    repository.create(connection, fresh);
                    return byPartition(repository.lock(connection, numbers));
                });
    }

    private void check(
            TopicPartition partition,
            Position position,
            Map<TopicPartition, Long> begins,
            Map<TopicPartition, Long> ends,
            List<String> problems) {
        long begin = begins.getOrDefault(partition, 0L);
        long end = ends.getOrDefault(partition, 0L);
        if (!position.clusterId().equals(clusterId)) {
            problems.add(
                    "position of %s: of Kafka cluster %s (expected: %s, where we are connected)"
                            .formatted(partition, position.clusterId(), clusterId));
        } else if (!position.topicId().equals(topicId(partition))) {
            problems.add(
                    "position of %s: the topic was made anew, its id is %s (expected: %s)"
                            .formatted(partition, topicId(partition), position.topicId()));
        } else if (position.nextOffset() > end) {
            problems.add(
                    "position of %s: %d (expected: at most %d, where the log ends)"
                            .formatted(partition, position.nextOffset(), end));
        } else if (position.nextOffset() < begin) {
            problems.add(
                    "position of %s: %d (expected: at least %d, where the log now begins)"
                            .formatted(partition, position.nextOffset(), begin));
        }
    }

    /// Reads back the last applied record of each partition, where it is still there.
    private void checkMarks(
            Map<TopicPartition, Position> stored, Map<TopicPartition, Long> begins) {
        Map<TopicPartition, Position> marked = new HashMap<>();
        stored.forEach(
                (partition, position) -> {
                    Long offset = position.markOffset();
                    Long begin = begins.get(partition);
                    if (offset != null && begin != null && offset >= begin) {
                        marked.put(partition, position);
                    }
                });
        if (marked.isEmpty()) {
            return;
        }
        Map<TopicPartition, byte[]> found = readBack(marked);
        marked.forEach(
                (partition, position) -> {
                    if (!Arrays.equals(position.mark(), found.get(partition))) {
                        throw new ReconcileException(
                                "position of %s: the record at offset %d is another one (expected: the one that was applied)%s"
                                        .formatted(partition, position.markOffset(), WAY_OUT));
                    }
                });
    }

    private Map<TopicPartition, byte[]> readBack(Map<TopicPartition, Position> marked) {
        Map<TopicPartition, byte[]> found = new HashMap<>();
        try (Consumer<byte[], byte[]> reader = readers.get()) {
            reader.assign(marked.keySet());
            marked.forEach(
                    (partition, position) ->
                            reader.seek(partition, requireNonNull(position.markOffset())));
            Set<TopicPartition> open = new HashSet<>(marked.keySet());
            for (int polls = 0; !open.isEmpty(); polls++) {
                if (polls == READ_BACK_POLLS) {
                    throw ReconcileException.passing(
                            "Kafka: nothing read back from %s (expected: the records last applied)"
                                    .formatted(open),
                            new TimeoutException());
                }
                for (ConsumerRecord<byte[], byte[]> record : reader.poll(READ_BACK_TIMEOUT)) {
                    TopicPartition partition =
                            new TopicPartition(record.topic(), record.partition());
                    Position position = requireNonNull(marked.get(partition));
                    if (record.offset() == requireNonNull(position.markOffset())) {
                        found.put(partition, Digests.mark(record));
                    }
                }
                // Past it, found or not; what follows is not needed.
                open.removeIf(
                        partition ->
                                reader.position(partition)
                                        > requireNonNull(
                                                requireNonNull(marked.get(partition))
                                                        .markOffset()));
                reader.pause(marked.keySet().stream().filter(p -> !open.contains(p)).toList());
            }
        }
        return found;
    }

    private String topicId(TopicPartition partition) {
        return topicIds.getOrDefault(partition.topic(), "");
    }

    private static Map<TopicPartition, Position> byPartition(List<Position> positions) {
        Map<TopicPartition, Position> result = new HashMap<>();
        positions.forEach(
                position ->
                        result.put(
                                new TopicPartition(position.topic(), position.partition()),
                                position));
        return result;
    }
}
