import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import tallystick.proto.v1.MismatchChange;
import tallystick.proto.v1.MismatchState;

/// Keeps the open register of mismatches from `tallystick.mismatches.v1`, and prints it. Needs the generated classes (module
/// `proto`), protobuf-java and kafka-clients:
///
/// ```sh
/// java -cp "proto/target/classes:<protobuf-java>:<kafka-clients>:<slf4j-api>" docs/examples/OpenRegister.java broker:9092
/// ```
public final class OpenRegister {
    private final Map<String, MismatchChange> latest = new TreeMap<>();

    public static void main(String[] arguments) throws Exception {
        String topic = (arguments.length > 1 ? arguments[1] : "tallystick") + ".mismatches.v1";
        OpenRegister register = new OpenRegister();
        try (var consumer =
                new KafkaConsumer<byte[], byte[]>(
                        Map.of(
                                "bootstrap.servers", arguments[0],
                                "key.deserializer", ByteArrayDeserializer.class.getName(),
                                "value.deserializer", ByteArrayDeserializer.class.getName(),
                                // What was never committed does not count.
                                "isolation.level", "read_committed",
                                "auto.offset.reset", "earliest",
                                "enable.auto.commit", "false"))) {
            List<TopicPartition> partitions =
                    consumer.partitionsFor(topic).stream()
                            .map(one -> new TopicPartition(topic, one.partition()))
                            .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(partitions));
            while (!ends.isEmpty()) { // A program of your own goes on.
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    register.take(record.key(), record.value());
                }
                ends.entrySet().removeIf(end -> consumer.position(end.getKey()) >= end.getValue());
            }
        }
        register.lines().forEach(System.out::println);
    }

    /// A repeat has the same (ledger sequence, ordinal): what is not above what we have is known already.
    void take(byte[] key, byte[] value) throws Exception {
        MismatchChange change = MismatchChange.parseFrom(value);
        latest.merge(
                new String(key, UTF_8),
                change,
                (known, more) -> isAfter(more, known) ? more : known);
    }

    private static boolean isAfter(MismatchChange a, MismatchChange b) {
        return a.getLedgerSequence() > b.getLedgerSequence()
                || (a.getLedgerSequence() == b.getLedgerSequence()
                        && a.getOrdinal() > b.getOrdinal());
    }

    /// What is open now, in the order of the mismatches' ids.
    List<String> lines() {
        return latest.values().stream()
                .map(MismatchChange::getAfter)
                .filter(mismatch -> mismatch.getState() == MismatchState.MISMATCH_STATE_OPEN)
                .map(
                        mismatch ->
                                "%s %s %s %d msat: %s"
                                        .formatted(
                                                mismatch.getSeverity(),
                                                mismatch.getCode(),
                                                mismatch.getReference(),
                                                mismatch.getAmountMsat(),
                                                mismatch.getExplanation()))
                .toList();
    }
}
