package tallystick.ingest.publish;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.ingest.record.NodeMessage;
import tallystick.ingest.record.NodeRecord;
import tallystick.kafka.EventHeaders;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.proto.v1.Envelope;
import tallystick.proto.v1.Source;

/// Makes Kafka records of a node's facts, and none of facts that have not changed since they were last written.
///
/// It remembers a digest per fact, some 150 bytes each: an invoice, a payment or a forward is about one. A million of them
/// are 150 MB. After a start nothing is remembered and all that the first sweep lists is written once more, which merges to
/// nothing.
///
/// One thread.
final class RecordWriter {
    /// A broker takes 1 MiB a record unless told otherwise. Evidence that leaves no room for the rest is left out.
    private static final int EVIDENCE_BYTES_MAX = 768 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(RecordWriter.class);

    private final TopicSettings topics;
    private final Map<Digest, Digest> written = new HashMap<>();

    RecordWriter(TopicSettings topics) {
        this.topics = topics;
    }

    /// Empty when this was already said. Whoever calls must write what it gets.
    Optional<ProducerRecord<byte[], byte[]>> ifChanged(
            NodeIdentity node, NodeRecord record, Observation observation) {
        byte[] pubkey = Digest.part(node.id().pubkey());
        byte[] topic = Digest.part(record.topic().name());
        Digest fact = Digest.of(pubkey, topic, Digest.part(record.naturalKey()));
        Digest content =
                Digest.of(
                        pubkey,
                        topic,
                        Digest.part(Integer.toString(observation.indexEpoch())),
                        record.facts().toByteArray());
        if (content.equals(written.put(fact, content))) {
            return Optional.empty();
        }
        return Optional.of(write(node, record, observation, content));
    }

    /// Bytes that are no message, or one that says what cannot be: kept aside, so that what follows can go on. Empty when
    /// they already are.
    Optional<ProducerRecord<byte[], byte[]>> quarantined(
            NodeIdentity node, NodeMessage message, Instant at, String reason) {
        byte[] bytes = message.bytes().toByteArray();
        Digest id = Digest.of(Digest.part(node.id().pubkey()), Digest.part(message.type()), bytes);
        if (written.put(id, id) != null) {
            return Optional.empty();
        }
        LOG.atError()
                .addKeyValue("node", node.id())
                .addKeyValue("type", message.type())
                .log("message quarantined: {}", reason);
        var record =
                new ProducerRecord<>(
                        topics.name(Topic.QUARANTINE),
                        RecordKeys.bytes(RecordKeys.of(node.id())),
                        bytes);
        EventHeaders.of(id.hex(), source(node), Topic.QUARANTINE, message.type(), at)
                .forEach(record.headers()::add);
        record.headers().add(EventHeaders.header("tallystick_reason", reason));
        return Optional.of(record);
    }

    static String source(NodeIdentity node) {
        return "/nodes/" + node.id().pubkey();
    }

    private ProducerRecord<byte[], byte[]> write(
            NodeIdentity node, NodeRecord record, Observation observation, Digest content) {
        byte[] key = RecordKeys.bytes(record.key());
        Message value = record.withEnvelope(envelope(node, observation));
        List<Header> headers =
                EventHeaders.of(
                        content.hex(),
                        source(node),
                        record.topic(),
                        record.subject(),
                        observation.at());
        return new ProducerRecord<>(
                topics.name(record.topic()),
                RecordKeys.partition(key, topics.partitions()),
                key,
                value.toByteArray(),
                headers);
    }

    private static Envelope envelope(NodeIdentity node, Observation observation) {
        Envelope.Builder envelope =
                Envelope.newBuilder()
                        .setNode(node.id().pubkey())
                        .setObservedAtNs(Times.epochNanos(observation.at()))
                        .setSource(observation.source())
                        .setIndexEpoch(observation.indexEpoch())
                        .setNodeVersion(node.version())
                        .setNodeMessageType(observation.messageType());
        if (observation.message().size() <= EVIDENCE_BYTES_MAX) {
            envelope.setNodeMessage(observation.message());
        }
        return envelope.build();
    }

    /// What the envelope tells besides the node.
    record Observation(
            Instant at, Source source, int indexEpoch, String messageType, ByteString message) {}
}
