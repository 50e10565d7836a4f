package tallystick.ingest.record;

import java.util.List;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.proto.lnrpc.ForwardingEvent;
import tallystick.proto.v1.ForwardRecord;

/// A forward, in our words.
final class ForwardRecords {
    private ForwardRecords() {}

    static List<NodeRecord> of(NodeId node, ForwardingEvent event) {
        ForwardRecord.Builder facts =
                ForwardRecord.newBuilder()
                        .setChanIdIn(event.getChanIdIn())
                        .setChanIdOut(event.getChanIdOut())
                        .setAmountInMsat(event.getAmtInMsat())
                        .setAmountOutMsat(event.getAmtOutMsat())
                        .setSettledAtNs(event.getTimestampNs());
        String chanIn = Long.toUnsignedString(event.getChanIdIn());
        Reference.Forward reference;
        // Presence must be asked: 0 is an index like any other.
        if (event.hasIncomingHtlcId()) {
            facts.setHasHtlcId(true)
                    .setHtlcIdIn(event.getIncomingHtlcId())
                    .setHtlcIdOut(event.getOutgoingHtlcId());
            reference =
                    new Reference.Forward(chanIn, Long.toUnsignedString(event.getIncomingHtlcId()));
        } else {
            String legacyId = legacyId(event);
            facts.setLegacyId(legacyId);
            reference = new Reference.Forward(chanIn, "t" + legacyId.replace(':', '-'));
        }
        return List.of(
                new NodeRecord(
                        Topic.FORWARDS,
                        RecordKeys.of(ItemKey.of(node, reference)),
                        reference.text(),
                        reference.text(),
                        facts.build()));
    }

    private static String legacyId(ForwardingEvent event) {
        return "%s:%s:%s:%s:%s"
                .formatted(
                        Long.toUnsignedString(event.getTimestampNs()),
                        Long.toUnsignedString(event.getChanIdIn()),
                        Long.toUnsignedString(event.getChanIdOut()),
                        Long.toUnsignedString(event.getAmtInMsat()),
                        Long.toUnsignedString(event.getAmtOutMsat()));
    }
}
