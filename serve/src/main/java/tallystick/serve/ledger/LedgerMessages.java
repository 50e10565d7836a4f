package tallystick.serve.ledger;

import com.google.protobuf.ByteString;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import tallystick.db.query.ItemReader;
import tallystick.db.query.LedgerPlace;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.proto.v1.Evidence;
import tallystick.proto.v1.Place;
import tallystick.proto.v1.Transfer;
import tallystick.serve.call.Violations;

/// Parts of the ledger as messages.
public final class LedgerMessages {
    private LedgerMessages() {}

    public static Place place(LedgerPlace place) {
        return Place.newBuilder()
                .setLedgerSequence(place.sequence())
                .setOrdinal(place.ordinal())
                .build();
    }

    public static Transfer transfer(ItemReader.Transfer transfer) {
        return Transfer.newBuilder()
                .setPlace(place(transfer.place()))
                .setItem(transfer.item())
                .setLeg(transfer.leg())
                .setDebit(transfer.debit())
                .setCredit(transfer.credit())
                .setAmountMsat(transfer.amountMsat())
                .setCounterItem(transfer.counterItem())
                .build();
    }

    public static Evidence evidence(ItemReader.Evidence evidence) {
        return Evidence.newBuilder()
                .setPlace(place(evidence.place()))
                .setTopic(evidence.topic())
                .setPartition(evidence.partition())
                .setOffset(evidence.offset())
                .setNode(evidence.node())
                .setObservedAtNs(nanos(evidence.observedAt()))
                .setDigest(ByteString.copyFrom(evidence.digest()))
                .build();
    }

    /// What a request names.
    ///
    /// @param node empty where the reference does not need one
    /// @throws io.grpc.StatusRuntimeException when there can be no such item
    public static ItemKey itemKey(String reference, String node) {
        var violations = new Violations().text("reference", reference).text("node", node);
        violations.refuse();
        try {
            return ItemKey.of(
                    Reference.parse(reference),
                    Optional.of(node).filter(text -> !text.isEmpty()).map(NodeId::new));
        } catch (IllegalArgumentException e) {
            violations
                    .require(false, "reference", reference, String.valueOf(e.getMessage()))
                    .refuse();
            throw e;
        }
    }

    /// Since the Unix epoch.
    public static long nanos(Instant at) {
        return ChronoUnit.NANOS.between(Instant.EPOCH, at);
    }
}
