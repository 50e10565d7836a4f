package tallystick.ingest.record;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import tallystick.kafka.Topic;
import tallystick.proto.v1.Envelope;

/// One fact of a node, ready but for its envelope.
///
/// @param key the record's key, see `RecordKeys`
/// @param naturalKey what tells the fact from all others of the same node and topic; a later snapshot has the same
/// @param subject what it is about, in words of the books where they have one
/// @param facts the record without envelope: two equal ones say the same
public record NodeRecord(
        Topic topic, String key, String naturalKey, String subject, Message facts) {
    /// The envelope is the first field of every record from a node.
    private static final int ENVELOPE_FIELD = 1;

    public NodeRecord {
        FieldDescriptor field = envelopeField(facts);
        if (field == null || field.getMessageType() != Envelope.getDescriptor()) {
            throw new IllegalArgumentException(
                    "record: %s (expected: a message with an envelope)"
                            .formatted(facts.getDescriptorForType().getFullName()));
        }
    }

    /// The same fact in other words.
    public NodeRecord with(Message other) {
        return new NodeRecord(topic, key, naturalKey, subject, other);
    }

    public Message withEnvelope(Envelope envelope) {
        return facts.toBuilder().setField(envelopeField(facts), envelope).build();
    }

    private static FieldDescriptor envelopeField(Message facts) {
        return facts.getDescriptorForType().findFieldByNumber(ENVELOPE_FIELD);
    }
}
