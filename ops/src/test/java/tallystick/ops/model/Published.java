package tallystick.ops.model;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import tallystick.ingest.publish.KafkaClients;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.proto.v1.BalanceRecord;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.ChannelRecord;
import tallystick.proto.v1.CoverageRecord;
import tallystick.proto.v1.Envelope;
import tallystick.proto.v1.ForwardRecord;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.PaymentRecord;

/// What is in Kafka of one node, in the order of each partition. Immutable.
///
/// @param kept what was put into quarantine
record Published(List<One<Message>> records, List<One<CoverageRecord>> coverage, int kept) {
    private static final Duration POLL = Duration.ofMillis(200);

    /// @param partition its number
    record One<T>(Topic topic, int partition, long offset, T value) {}

    static Map<TopicPartition, Long> ends(KafkaClients clients, TopicSettings topics) {
        try (Consumer<byte[], byte[]> consumer = clients.consumer("model")) {
            return consumer.endOffsets(partitions(topics));
        }
    }

    /// Everything committed since the given offsets.
    static Published read(
            KafkaClients clients,
            TopicSettings topics,
            Map<TopicPartition, Long> from,
            String pubkey) {
        var records = new ArrayList<One<Message>>();
        var coverage = new ArrayList<One<CoverageRecord>>();
        int kept = 0;
        try (Consumer<byte[], byte[]> consumer = clients.consumer("model")) {
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions(topics));
            consumer.assign(ends.keySet());
            from.forEach(consumer::seek);
            while (ends.entrySet().stream()
                    .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    Topic topic = topic(topics, record.topic());
                    if (topic == Topic.QUARANTINE) {
                        kept++;
                    } else if (topic == Topic.COVERAGE) {
                        CoverageRecord value = CoverageRecord.parseFrom(record.value());
                        if (value.getNode().equals(pubkey)) {
                            coverage.add(
                                    new One<>(topic, record.partition(), record.offset(), value));
                        }
                    } else {
                        Message value = parse(topic, record.value());
                        if (envelope(value).getNode().equals(pubkey)) {
                            records.add(
                                    new One<>(topic, record.partition(), record.offset(), value));
                        }
                    }
                }
            }
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
        return new Published(records, coverage, kept);
    }

    <T extends Message> List<T> all(Class<T> type) {
        return records.stream().map(One::value).filter(type::isInstance).map(type::cast).toList();
    }

    static Envelope envelope(Message record) {
        return (Envelope) record.getField(record.getDescriptorForType().findFieldByNumber(1));
    }

    private static List<TopicPartition> partitions(TopicSettings topics) {
        return Arrays.stream(Topic.values())
                .filter(topic -> isFromNodes(topic) || topic == Topic.QUARANTINE)
                .flatMap(
                        topic ->
                                java.util.stream.IntStream.range(0, topics.partitions())
                                        .mapToObj(
                                                number ->
                                                        new TopicPartition(
                                                                topics.name(topic), number)))
                .toList();
    }

    private static boolean isFromNodes(Topic topic) {
        return switch (topic) {
            case INVOICES, PAYMENTS, FORWARDS, CHANNELS, CHAIN, BALANCES, COVERAGE -> true;
            default -> false;
        };
    }

    private static Topic topic(TopicSettings topics, String name) {
        return Arrays.stream(Topic.values())
                .filter(topic -> topics.name(topic).equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static Message parse(Topic topic, byte[] value) throws InvalidProtocolBufferException {
        return switch (topic) {
            case INVOICES -> InvoiceRecord.parseFrom(value);
            case PAYMENTS -> PaymentRecord.parseFrom(value);
            case FORWARDS -> ForwardRecord.parseFrom(value);
            case CHANNELS -> ChannelRecord.parseFrom(value);
            case CHAIN -> ChainRecord.parseFrom(value);
            case BALANCES -> BalanceRecord.parseFrom(value);
            default -> throw new AssertionError(topic);
        };
    }
}
