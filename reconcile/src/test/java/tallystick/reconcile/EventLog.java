package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.proto.v1.CoverageRecord;
import tallystick.proto.v1.Stream;
import tallystick.proto.v1.TopicOffset;
import tallystick.reconcile.model.Event;

/// The topics of a ledger, in memory, as a history's events come to them. Offsets have holes, as the ends of transactions
/// make them. One thread.
final class EventLog {
    static final int PARTITIONS = 4;
    static final Comparator<TopicPartition> ORDER = Comparator.comparing(TopicPartition::toString);
    private static final Map<Stream, Topic> STREAMS =
            new TreeMap<>(
                    Map.of(
                            Stream.STREAM_INVOICES, Topic.INVOICES,
                            Stream.STREAM_PAYMENTS, Topic.PAYMENTS,
                            Stream.STREAM_FORWARDS, Topic.FORWARDS));
    private static final int HOLE_EVERY = 7;

    private final Map<TopicPartition, List<Entry>> entries = new HashMap<>();
    private final Map<TopicPartition, Long> ends = new TreeMap<>(ORDER);
    private int appended;

    EventLog() {
        for (String topic : FakeLog.byName().keySet()) {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                entries.put(new TopicPartition(topic, partition), new ArrayList<>());
                ends.put(new TopicPartition(topic, partition), 0L);
            }
        }
    }

    /// A record with the event that it stands for.
    ///
    /// @param below of coverage: offsets, by topic, below which lies what it covers
    record Entry(
            Event event, ConsumerRecord<byte[], byte[]> record, Map<TopicPartition, Long> below) {}

    Set<TopicPartition> places() {
        return Collections.unmodifiableSet(ends.keySet());
    }

    Map<TopicPartition, Long> ends() {
        return Collections.unmodifiableMap(ends);
    }

    void append(Event event) {
        switch (event) {
            case Event.Said said ->
                    append(
                            said,
                            place(said.topic(), RecordKeys.partition(said.key(), PARTITIONS)),
                            RecordKeys.bytes(said.key()),
                            said.message().toByteArray(),
                            Map.of());
            case Event.Covered covered -> {
                for (int partition = 0; partition < PARTITIONS; partition++) {
                    for (Stream stream : STREAMS.keySet()) {
                        append(covered, stream, partition);
                    }
                }
            }
        }
    }

    private void append(Event.Covered covered, Stream stream, int partition) {
        TopicPartition covers = place(requireNonNull(STREAMS.get(stream)), partition);
        long below = endOf(covers) + covered.later();
        CoverageRecord record =
                CoverageRecord.newBuilder()
                        .setNode(covered.node().pubkey())
                        .setStream(stream)
                        .setProvenUntilNs(Times.nanos(Event.at(covered.until())))
                        .setSeenAtNs(Times.nanos(Event.at(covered.minute())))
                        .setBlockHeight(covered.height())
                        .setPartition(partition)
                        .setAlias("node")
                        .addBelow(
                                TopicOffset.newBuilder()
                                        .setTopic(covers.topic())
                                        .setEndOffset(below))
                        .build();
        append(
                covered,
                place(Topic.COVERAGE, partition),
                RecordKeys.bytes(covered.node().pubkey()),
                record.toByteArray(),
                Map.of(covers, below));
    }

    private void append(
            Event event,
            TopicPartition place,
            byte[] key,
            byte[] value,
            Map<TopicPartition, Long> below) {
        long offset = endOf(place) + (++appended % HOLE_EVERY == 0 ? 1 : 0);
        at(place)
                .add(
                        new Entry(
                                event,
                                new ConsumerRecord<>(
                                        place.topic(), place.partition(), offset, key, value),
                                below));
        ends.put(place, offset + 1);
    }

    /// What lies at the place from the one offset up to the other.
    List<Entry> entries(TopicPartition place, long from, long to) {
        return at(place).stream()
                .filter(entry -> entry.record().offset() >= from && entry.record().offset() < to)
                .toList();
    }

    /// All that lies below the given positions, place by place.
    List<Entry> below(Map<TopicPartition, Long> positions) {
        List<Entry> result = new ArrayList<>();
        ends.keySet()
                .forEach(
                        place ->
                                result.addAll(
                                        entries(place, 0, positions.getOrDefault(place, 0L))));
        return result;
    }

    Collection<TopicPartition> placesOf(Collection<Integer> partitions) {
        return ends.keySet().stream()
                .filter(place -> partitions.contains(place.partition()))
                .toList();
    }

    long endOf(TopicPartition place) {
        return ends.getOrDefault(place, 0L);
    }

    private List<Entry> at(TopicPartition place) {
        return java.util.Objects.requireNonNull(entries.get(place));
    }

    private static TopicPartition place(Topic topic, int partition) {
        return new TopicPartition(FakeLog.name(topic), partition);
    }
}
