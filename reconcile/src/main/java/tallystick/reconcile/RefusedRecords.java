package tallystick.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import tallystick.kafka.RecordKeys;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.item.NodeFacts;

/// Records that were refused, as items: each is open until it is applied.
final class RefusedRecords {
    private static final String NODES = "/nodes/";
    private static final int MARK_LENGTH = 8;

    private RefusedRecords() {}

    /// The item of the record at a place. Its key lies in the record's own partition number, so that who applies that number
    /// owns the item too, and people's decisions about it find their way: one mark in as many as there are numbers does.
    static ItemKey key(String cluster, String topic, int partition, long offset, int partitions) {
        String place = "%s-%d@%d".formatted(topic, partition, offset);
        for (int attempt = 0; ; attempt++) {
            String mark =
                    Digests.hex(
                                    Digests.sha256(
                                            String.join(
                                                    "\n",
                                                    cluster,
                                                    place,
                                                    Integer.toString(attempt))))
                            .substring(0, MARK_LENGTH);
            ItemKey key = ItemKey.of(new Reference.Refused(place + "~" + mark), Optional.empty());
            if (RecordKeys.partition(RecordKeys.of(key), partitions) == partition % partitions) {
                return key;
            }
        }
    }

    /// @param now where the record does not say when it was seen
    static NodeFacts.Refused refused(
            ConsumerRecord<byte[], byte[]> record, Exception reason, Instant now) {
        return new NodeFacts.Refused(
                text(record, "ce_source").flatMap(RefusedRecords::node),
                text(record, "ce_time").flatMap(RefusedRecords::instant).orElse(now),
                oneLine(String.valueOf(reason.getMessage())),
                now,
                reason instanceof UndecodableException undecodable && undecodable.isUnknown(),
                false);
    }

    static NodeFacts.Refused applied(Instant now) {
        return new NodeFacts.Refused(Optional.empty(), now, "", now, false, true);
    }

    /// What an ingestor could not use lies in a topic of its own, with the reason. What a reconciler could not apply is told
    /// there too; that is known already.
    static Decoded fromTopic(ConsumerRecord<byte[], byte[]> record) throws UndecodableException {
        String source = text(record, "ce_source").orElse("");
        if (source.startsWith("/ledgers/")) {
            return new Decoded.Statements(List.of(), List.of());
        }
        StringBuilder from = new StringBuilder("of ").append(source);
        text(record, "tallystick_topic")
                .ifPresent(
                        topic ->
                                from.append(", ")
                                        .append(topic)
                                        .append('-')
                                        .append(text(record, "tallystick_partition").orElse("?"))
                                        .append('@')
                                        .append(text(record, "tallystick_offset").orElse("?")));
        throw new UndecodableException(
                from.append(": ")
                        .append(text(record, "tallystick_reason").orElse("no reason given"))
                        .toString());
    }

    private static Optional<String> text(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null || header.value() == null
                ? Optional.empty()
                : Optional.of(new String(header.value(), UTF_8));
    }

    private static Optional<NodeId> node(String source) {
        try {
            return source.startsWith(NODES)
                    ? Optional.of(new NodeId(source.substring(NODES.length())))
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Optional<Instant> instant(String text) {
        try {
            return Optional.of(Instant.parse(text));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /// A reason quotes what others wrote: it becomes part of a sentence.
    private static String oneLine(String reason) {
        return reason.replaceAll("\\p{Cntrl}", " ").strip();
    }
}
