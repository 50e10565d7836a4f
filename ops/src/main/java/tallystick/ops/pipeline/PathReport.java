package tallystick.ops.pipeline;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import tallystick.db.report.LedgerReading;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.proto.v1.CoverageRecord;
import tools.jackson.databind.json.JsonMapper;

/// Proof of the way: messages that nodes served by gRPC, records in each topic, and what became rows in Postgres.
/// Repeats are not counted: a message served or a record published twice is one, and so is how far a stream of a node is read, which
/// is told with each sweep: how often one is made depends on the machine.
///
/// @param messages by call, different recorded messages served
/// @param notSwept by alias, nodes without a last sweep, and since when their lnd was down
/// @param records by topic, different records
/// @param findings of `verify` in the end: 0, or the ledger cannot be trusted
public record PathReport(
        SortedMap<String, Long> messages,
        SortedMap<String, Instant> notSwept,
        SortedMap<String, Long> records,
        long batches,
        long evidence,
        long transfers,
        int findings) {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration POLL_TIMEOUT = Duration.ofMillis(500);

    /// A log that stands still is read to its end in a few polls; this many without any progress mean that it cannot be read.
    private static final int IDLE_POLLS_MAX = 60;

    public PathReport {
        messages = Collections.unmodifiableSortedMap(new TreeMap<>(messages));
        notSwept = Collections.unmodifiableSortedMap(new TreeMap<>(notSwept));
        records = Collections.unmodifiableSortedMap(new TreeMap<>(records));
    }

    static PathReport of(
            SortedMap<String, Long> messages,
            SortedMap<String, Instant> notSwept,
            KafkaConnection kafka,
            TopicSettings topics,
            LedgerReading.Counts counts,
            int findings) {
        return new PathReport(
                messages,
                notSwept,
                records(kafka, topics),
                counts.batches(),
                counts.evidence(),
                counts.transfers(),
                findings);
    }

    /// As JSON with a fixed order. Nodes that were not swept are named where there are any.
    public String json() {
        String unswept = notSwept.isEmpty() ? "" : "  \"not_swept\": %s,\n".formatted(times());
        return "{\n  \"messages\": %s,\n%s  \"records\": %s,\n  \"batches\": %d,\n  \"evidence_rows\": %d,\n  \"transfers\": %d,\n  \"verify_findings\": %d\n}\n"
                .formatted(
                        object(messages),
                        unswept,
                        object(records),
                        batches,
                        evidence,
                        transfers,
                        findings);
    }

    private static String object(SortedMap<String, Long> counts) {
        List<String> lines = new ArrayList<>();
        counts.forEach((name, count) -> lines.add("    \"%s\": %d".formatted(name, count)));
        return object(lines);
    }

    private String times() {
        List<String> lines = new ArrayList<>();
        notSwept.forEach(
                (alias, since) ->
                        lines.add(
                                "    %s: \"%s\"".formatted(JSON.writeValueAsString(alias), since)));
        return object(lines);
    }

    private static String object(List<String> lines) {
        return lines.isEmpty() ? "{}" : "{\n" + String.join(",\n", lines) + "\n  }";
    }

    private static SortedMap<String, Long> records(KafkaConnection kafka, TopicSettings topics) {
        SortedMap<String, Set<String>> ids = new TreeMap<>();
        List<TopicPartition> partitions = new ArrayList<>();
        for (Topic topic : Topic.values()) {
            if (topic.isReconciled() && topic != Topic.DECISIONS && topic != Topic.QUARANTINE) {
                ids.put(topics.name(topic), new HashSet<>());
                for (int number = 0; number < topics.partitions(); number++) {
                    partitions.add(new TopicPartition(topics.name(topic), number));
                }
            }
        }
        try (Consumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(kafka.consumerProperties(topics.prefix() + "-path"))) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            int idle = 0;
            while (!isRead(consumer, ends)) {
                var polled = consumer.poll(POLL_TIMEOUT);
                idle = polled.isEmpty() ? idle + 1 : 0;
                if (idle > IDLE_POLLS_MAX) {
                    throw new IllegalStateException(
                            "path: the log does not end at %s (expected: readable to its end)"
                                    .formatted(ends));
                }
                for (ConsumerRecord<byte[], byte[]> record : polled) {
                    boolean isCoverage = record.topic().equals(topics.name(Topic.COVERAGE));
                    ids.computeIfAbsent(record.topic(), _ -> new HashSet<>())
                            .add(isCoverage ? ofStream(record) : id(record));
                }
            }
        }
        SortedMap<String, Long> result = new TreeMap<>();
        ids.forEach((topic, some) -> result.put(topic, (long) some.size()));
        return result;
    }

    private static boolean isRead(
            Consumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream()
                .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    private static String ofStream(ConsumerRecord<byte[], byte[]> record) {
        try {
            CoverageRecord told = CoverageRecord.parseFrom(record.value());
            return record.partition() + "/" + told.getNode() + "/" + told.getStream();
        } catch (InvalidProtocolBufferException e) {
            return id(record);
        }
    }

    private static String id(ConsumerRecord<byte[], byte[]> record) {
        Header id = record.headers().lastHeader("ce_id");
        return id == null
                ? record.partition() + "/" + Arrays.hashCode(record.value())
                : new String(id.value(), UTF_8);
    }
}
