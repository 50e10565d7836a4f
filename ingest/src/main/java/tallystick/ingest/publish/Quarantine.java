package tallystick.ingest.publish;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import tallystick.ingest.record.Digest;
import tallystick.kafka.EventHeaders;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;

/// What cannot be used, kept aside with their bytes and the reason, so that what follows can go on. Immutable.
public final class Quarantine {
    /// A broker takes 1 MiB a record unless told otherwise. What was nearly as large leaves no room for what we add.
    private static final int VALUE_BYTES_MAX = 768 * 1024;

    private static final int KEY_BYTES_MAX = 64 * 1024;
    private static final int REASON_LENGTH_MAX = 2_000;

    private final TopicSettings topics;

    public Quarantine(TopicSettings topics) {
        this.topics = topics;
    }

    /// What came, as it came.
    ///
    /// @param source as CloudEvents name it, for example `/books-inbox`
    /// @param subject what tells it from all others of the source
    public record Refused(
            String source,
            String subject,
            String contentType,
            byte @Nullable [] key,
            byte @Nullable [] value) {}

    /// @param from further headers that say where it was found
    public ProducerRecord<byte[], byte[]> record(
            Refused refused, String reason, Map<String, String> from, Instant now) {
        byte[] value = refused.value();
        byte[] key = refused.key();
        Digest id =
                Digest.of(
                        Digest.part(refused.source()),
                        Digest.part(refused.subject()),
                        value == null ? new byte[0] : value);
        List<Header> headers = new ArrayList<>();
        EventHeaders.of(id.hex(), refused.source(), Topic.QUARANTINE, refused.subject(), now)
                .stream()
                .filter(header -> !header.key().equals("content-type"))
                .forEach(headers::add);
        headers.add(EventHeaders.header("content-type", refused.contentType()));
        headers.add(EventHeaders.header("tallystick_reason", oneLine(reason)));
        from.forEach((name, text) -> headers.add(EventHeaders.header(name, text)));
        if (isLonger(value, VALUE_BYTES_MAX) || isLonger(key, KEY_BYTES_MAX)) {
            headers.add(
                    EventHeaders.header(
                            "tallystick_cut",
                            "key of %d bytes, value of %d bytes"
                                    .formatted(length(key), length(value))));
        }
        return new ProducerRecord<>(
                topics.name(Topic.QUARANTINE),
                null,
                cut(key, KEY_BYTES_MAX),
                cut(value, VALUE_BYTES_MAX),
                headers);
    }

    /// A reason quotes what others wrote: it shall not break the line of a log.
    public static String oneLine(String reason) {
        String line = reason.replaceAll("\\p{Cntrl}", " ");
        return line.length() <= REASON_LENGTH_MAX
                ? line
                : line.substring(0, REASON_LENGTH_MAX) + "…";
    }

    private static boolean isLonger(byte @Nullable [] bytes, int max) {
        return length(bytes) > max;
    }

    private static int length(byte @Nullable [] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    private static byte @Nullable [] cut(byte @Nullable [] bytes, int max) {
        return bytes == null || bytes.length <= max ? bytes : Arrays.copyOf(bytes, max);
    }
}
