package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;

/// The topics of a ledger, in memory: what was appended, and how far it was read.
final class FakeLog {
    static final int PARTITIONS = 2;
    static final String CLUSTER = "cluster";

    private final Map<TopicPartition, List<ConsumerRecord<byte[], byte[]>>> records =
            new HashMap<>();
    private final Map<TopicPartition, Long> ends = new TreeMap<>(FakeLog::compare);
    private final Map<TopicPartition, Long> read = new HashMap<>();

    FakeLog() {
        for (String topic : byName().keySet()) {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                TopicPartition place = new TopicPartition(topic, partition);
                records.put(place, new ArrayList<>());
                ends.put(place, 0L);
                read.put(place, 0L);
            }
        }
    }

    static Map<String, Topic> byName() {
        return Arrays.stream(Topic.values())
                .filter(Topic::isReconciled)
                .collect(Collectors.toMap(FakeLog::name, topic -> topic));
    }

    static String name(Topic topic) {
        return topic.name("test");
    }

    Set<TopicPartition> places() {
        return ends.keySet();
    }

    long end(Topic topic, int partition) {
        return ends.getOrDefault(new TopicPartition(name(topic), partition), 0L);
    }

    /// To where its key belongs.
    ConsumerRecord<byte[], byte[]> append(Fact fact) {
        return append(fact, RecordKeys.partition(fact.key(), PARTITIONS));
    }

    ConsumerRecord<byte[], byte[]> append(Fact fact, int partition) {
        return append(fact.topic(), partition, RecordKeys.bytes(fact.key()), fact.value());
    }

    ConsumerRecord<byte[], byte[]> append(
            Topic topic, int partition, byte @Nullable [] key, byte @Nullable [] value) {
        TopicPartition place = new TopicPartition(name(topic), partition);
        long offset = ends.getOrDefault(place, 0L);
        ends.put(place, offset + 1);
        ConsumerRecord<byte[], byte[]> record =
                new ConsumerRecord<>(place.topic(), partition, offset, key, value);
        at(place).add(record);
        return record;
    }

    /// With headers, as an ingestor writes them.
    ConsumerRecord<byte[], byte[]> append(
            Topic topic, int partition, byte[] key, byte[] value, Map<String, String> headers) {
        ConsumerRecord<byte[], byte[]> record = append(topic, partition, key, value);
        headers.forEach(
                (name, text) ->
                        record.headers()
                                .add(name, text.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        return record;
    }

    /// As the end of a transaction does: it takes an offset and holds no record.
    void appendMarkers() {
        ends.replaceAll((place, end) -> end + 1);
    }

    /// How far it was read.
    Map<TopicPartition, Long> mark() {
        return Map.copyOf(read);
    }

    /// Will be read again from there.
    void rewind(Map<TopicPartition, Long> mark) {
        read.putAll(mark);
    }

    Map<TopicPartition, Long> ends() {
        return Map.copyOf(ends);
    }

    boolean isRead() {
        return read.equals(ends);
    }

    /// All that has not been read, in one batch.
    Batch readAll() {
        return read(ends.keySet(), Integer.MAX_VALUE);
    }

    /// Something that has not been read: from some partitions, at most so many records of each.
    Batch readSome(RandomGenerator random, int most) {
        List<TopicPartition> left =
                ends.keySet().stream().filter(place -> readUpTo(place) < endOf(place)).toList();
        Set<TopicPartition> chosen =
                left.stream()
                        .filter(_ -> random.nextInt(3) == 0)
                        .collect(Collectors.toCollection(() -> new TreeSet<>(FakeLog::compare)));
        if (chosen.isEmpty()) {
            chosen.add(left.get(random.nextInt(left.size())));
        }
        return read(chosen, 1 + random.nextInt(most));
    }

    private Batch read(Collection<TopicPartition> places, int most) {
        Map<TopicPartition, Long> from = Map.copyOf(read);
        List<ConsumerRecord<byte[], byte[]>> batch = new ArrayList<>();
        for (TopicPartition place : places) {
            long begin = readUpTo(place);
            long end = Math.min(endOf(place), begin + most);
            at(place).stream()
                    .filter(record -> record.offset() >= begin && record.offset() < end)
                    .forEach(batch::add);
            read.put(place, end);
        }
        Set<Integer> numbers =
                ends.keySet().stream().map(TopicPartition::partition).collect(Collectors.toSet());
        return new Batch(batch, numbers, from, read);
    }

    private List<ConsumerRecord<byte[], byte[]>> at(TopicPartition place) {
        return requireNonNull(records.get(place));
    }

    private long endOf(TopicPartition place) {
        return requireNonNull(ends.get(place));
    }

    private long readUpTo(TopicPartition place) {
        return requireNonNull(read.get(place));
    }

    private static int compare(TopicPartition a, TopicPartition b) {
        return a.toString().compareTo(b.toString());
    }
}
