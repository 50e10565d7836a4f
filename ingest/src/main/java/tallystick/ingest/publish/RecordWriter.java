package tallystick.ingest.publish;

import com.google.protobuf.Message;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.ingest.known.Fact;
import tallystick.ingest.record.Digest;
import tallystick.ingest.record.NodeMessage;
import tallystick.ingest.record.NodeRecord;
import tallystick.kafka.EventHeaders;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.TopicSettings;
import tallystick.proto.v1.Envelope;

/// Makes Kafka records of a node's facts. One thread.
final class RecordWriter {
    /// A broker takes 1 MiB a record unless told otherwise. Evidence that leaves no room for the rest is left out.
    private static final int EVIDENCE_BYTES_MAX = 768 * 1024;

    /// Quarantined messages that are remembered, so that each sweep does not quarantine them again.
    private static final int QUARANTINED_MAX = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(RecordWriter.class);

    private final TopicSettings topics;
    private final Quarantine quarantine;
    private final Set<Digest> quarantined = new HashSet<>();

    RecordWriter(TopicSettings topics) {
        this.topics = topics;
        this.quarantine = new Quarantine(topics);
    }

    ProducerRecord<byte[], byte[]> record(NodeIdentity node, Fact fact) {
        NodeRecord record = fact.record();
        byte[] key = RecordKeys.bytes(record.key());
        Message value = record.withEnvelope(envelope(node, fact.observation()));
        List<Header> headers =
                EventHeaders.of(
                        id(fact),
                        source(node),
                        record.topic(),
                        record.subject(),
                        fact.observation().at());
        return new ProducerRecord<>(
                topics.name(record.topic()),
                RecordKeys.partition(key, topics.partitions()),
                key,
                value.toByteArray(),
                headers);
    }

    /// The same for repeats; one that came back says what it said before it left, and is no repeat.
    private static String id(Fact fact) {
        if (!fact.isChange()) {
            return fact.content().hex();
        }
        return Digest.of(
                        Digest.part(fact.content().hex()),
                        Digest.part(fact.observation().at().toString()))
                .hex();
    }

    /// Bytes that are no message, or one that says what cannot be: kept aside, so that what follows can go on. Empty when
    /// they already are.
    Optional<ProducerRecord<byte[], byte[]>> quarantined(
            NodeIdentity node, NodeMessage message, Instant at, String reason) {
        byte[] bytes = message.bytes().toByteArray();
        Digest id = Digest.of(Digest.part(node.id().pubkey()), Digest.part(message.type()), bytes);
        if (quarantined.size() >= QUARANTINED_MAX) {
            quarantined.clear();
        }
        if (!quarantined.add(id)) {
            return Optional.empty();
        }
        LOG.atError()
                .addKeyValue("node", node.id())
                .addKeyValue("type", message.type())
                .log("message quarantined: {}", Quarantine.oneLine(reason));
        return Optional.of(
                quarantine.record(
                        new Quarantine.Refused(
                                source(node),
                                message.type(),
                                "application/protobuf",
                                RecordKeys.bytes(RecordKeys.of(node.id())),
                                bytes),
                        reason,
                        Map.of(),
                        at));
    }

    static String source(NodeIdentity node) {
        return "/nodes/" + node.id().pubkey();
    }

    private static Envelope envelope(NodeIdentity node, Fact.Observation observation) {
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
}
