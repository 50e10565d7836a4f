package tallystick.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;

/// CloudEvents 1.0 in Kafka's binary mode: the attributes are headers, the value is the bare protobuf message.
public final class EventHeaders {
    private EventHeaders() {}

    /// Headers of one record.
    ///
    /// @param id unique for the source; a repeat of the same content may carry the same id
    /// @param source where it comes from, for example `/nodes/<pubkey>` or `/books/<source>`
    /// @param subject what it is about, for example a reference
    /// @param time when it was seen
    public static List<Header> of(
            String id, String source, Topic topic, String subject, Instant time) {
        return List.of(
                header("ce_specversion", "1.0"),
                header("ce_id", id),
                header("ce_source", source),
                header("ce_type", topic.messageType()),
                header("ce_subject", subject),
                header("ce_time", DateTimeFormatter.ISO_INSTANT.format(time)),
                header("content-type", "application/protobuf"));
    }

    public static Header header(String name, String value) {
        return new RecordHeader(name, value.getBytes(UTF_8));
    }
}
