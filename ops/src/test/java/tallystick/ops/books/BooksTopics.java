package tallystick.ops.books;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicAdmin;
import tallystick.kafka.TopicSettings;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.EntryKind;

/// The topics of one test, as other systems see them.
record BooksTopics(KafkaConnection kafka, TopicSettings settings) {
    private static final int PARTITIONS = 2;

    static BooksTopics make(KafkaConnection kafka, String prefix) throws InterruptedException {
        var defaults = TopicSettings.defaults();
        var settings =
                new TopicSettings(
                        prefix,
                        PARTITIONS,
                        defaults.replication(),
                        defaults.retention(),
                        defaults.longRetention(),
                        defaults.longestRetention());
        new TopicAdmin(kafka, settings).createAbsent();
        return new BooksTopics(kafka, settings);
    }

    /// A receipt of 21 sat under a payment hash that is made of its id.
    static BookEntry.Builder entry(String id) {
        return BookEntry.newBuilder()
                .setEntryId(id)
                .setSource("shop")
                .setBookedAtNs(1_795_384_988_524_000_000L)
                .setValueDate("2026-11-22")
                .setKind(EntryKind.ENTRY_KIND_RECEIPT)
                .setReference("payment_hash:" + hash(id))
                .setAmountMsat(21_000)
                .setAccount("income:sales");
    }

    static String hash(String id) {
        return "%064x".formatted(id.hashCode() & 0xffff_ffffL);
    }

    /// As any client does: no transaction, any key, any partition.
    void send(List<byte[]> values) {
        Map<String, Object> properties = new HashMap<>(kafka.adminProperties());
        properties.put(
                ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        properties.put(
                ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        try (var producer = new KafkaProducer<byte[], byte[]>(properties)) {
            for (int i = 0; i < values.size(); i++) {
                var _ =
                        producer.send(
                                new ProducerRecord<>(
                                        settings.name(Topic.BOOKS_INBOX),
                                        i % PARTITIONS,
                                        ("key " + i).getBytes(UTF_8),
                                        values.get(i)));
            }
            producer.flush();
        }
    }

    List<String> bookedIds(int atLeast) throws InvalidProtocolBufferException {
        List<String> ids = new ArrayList<>();
        for (var record : committed(Topic.BOOKS, atLeast)) {
            ids.add(BookEntry.parseFrom(record.value()).getEntryId());
        }
        return ids;
    }

    /// All committed records, once there are as many as expected and the end of the log is reached.
    List<ConsumerRecord<byte[], byte[]>> committed(Topic topic, int atLeast) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        List<TopicPartition> partitions =
                IntStream.range(0, PARTITIONS)
                        .mapToObj(p -> new TopicPartition(settings.name(topic), p))
                        .toList();
        try (var consumer = new KafkaConsumer<byte[], byte[]>(kafka.consumerProperties("reader"))) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (records.size() < atLeast || isBehind(consumer, partitions)) {
                consumer.poll(Duration.ofMillis(200)).forEach(records::add);
                if (System.nanoTime() > end) {
                    throw new AssertionError(
                            "%s: %d records (expected: %d)"
                                    .formatted(settings.name(topic), records.size(), atLeast));
                }
            }
        }
        return records;
    }

    private static boolean isBehind(
            KafkaConsumer<byte[], byte[]> consumer, List<TopicPartition> partitions) {
        return consumer.endOffsets(partitions).entrySet().stream()
                .anyMatch(end -> consumer.position(end.getKey()) < end.getValue());
    }

    static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null ? "" : new String(header.value(), UTF_8);
    }
}
