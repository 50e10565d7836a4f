package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tallystick.proto.lnrpc.AMPInvoiceState;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.Invoice.InvoiceState;
import tallystick.proto.lnrpc.InvoiceHTLC;
import tallystick.proto.lnrpc.InvoiceHTLCState;

/// An invoice as the node's database has it. Changes in place; belongs to the node's lock.
final class SimInvoice {
    enum Kind {
        PLAIN,
        HOLD,
        AMP,
        KEYSEND,
        AMP_SPONTANEOUS
    }

    /// Of a keysend, which has no secret of its own.
    static final ByteString NO_ADDRESS = ByteString.copyFrom(new byte[Dice.HASH]);

    private static final int CLTV = 40;
    private static final int CLTV_KEYSEND = 19;
    private static final long MSAT = 1000;

    final Kind kind;
    final String memo;
    final ByteString preimage;
    final ByteString hash;
    final ByteString address;
    final long valueMsat;
    final long createdAt;
    final long expirySeconds;

    long addIndex;
    long settleIndex;
    long settledAt;
    long paidMsat;
    InvoiceState state = InvoiceState.OPEN;
    final List<InvoiceHTLC> htlcs = new ArrayList<>();
    final Map<String, AMPInvoiceState> sets = new LinkedHashMap<>();

    SimInvoice(
            Kind kind,
            String memo,
            ByteString preimage,
            ByteString hash,
            ByteString address,
            long valueMsat,
            long createdAt,
            long expirySeconds) {
        this.kind = kind;
        this.memo = memo;
        this.preimage = preimage;
        this.hash = hash;
        this.address = address;
        this.valueMsat = valueMsat;
        this.createdAt = createdAt;
        this.expirySeconds = expirySeconds;
    }

    boolean isAmp() {
        return kind == Kind.AMP || kind == Kind.AMP_SPONTANEOUS;
    }

    /// Keysends and spontaneous AMP payments come without having been asked for.
    boolean isSpontaneous() {
        return kind == Kind.KEYSEND || kind == Kind.AMP_SPONTANEOUS;
    }

    /// In the database an AMP invoice stays open, whatever is shown.
    boolean isPending() {
        return state == InvoiceState.OPEN || state == InvoiceState.ACCEPTED;
    }

    /// As it is shown.
    InvoiceState shownState() {
        return sets.values().stream().anyMatch(set -> set.getState() == InvoiceHTLCState.SETTLED)
                ? InvoiceState.SETTLED
                : state;
    }

    /// How tests find it again: by its hash, or, where lnd shows none, by its address.
    String key() {
        return hash.isEmpty() ? "addr:" + Bytes.hex(address) : Bytes.hex(hash);
    }

    long expiresAt() {
        return createdAt + expirySeconds;
    }

    Invoice message(boolean withUnknownField) {
        return message(sets, htlcs, withUnknownField);
    }

    /// As it is told when a set of an AMP invoice is settled: with nothing of the other sets.
    Invoice messageOfSet(String setId, boolean withUnknownField) {
        AMPInvoiceState set = sets.get(setId);
        if (set == null) {
            throw new IllegalStateException(
                    "set: %s (expected: one of this invoice)".formatted(setId));
        }
        List<InvoiceHTLC> ofSet =
                htlcs.stream()
                        .filter(htlc -> Bytes.hex(htlc.getAmp().getSetId()).equals(setId))
                        .toList();
        return message(Map.of(setId, set), ofSet, withUnknownField);
    }

    private Invoice message(
            Map<String, AMPInvoiceState> shownSets,
            List<InvoiceHTLC> shownHtlcs,
            boolean withUnknownField) {
        InvoiceState shown = shownState();
        boolean isPreimageShown = !isAmp() && (kind != Kind.HOLD || shown == InvoiceState.SETTLED);
        Invoice.Builder message =
                Invoice.newBuilder()
                        .setMemo(memo)
                        .setRPreimage(isPreimageShown ? preimage : ByteString.EMPTY)
                        .setRHash(hash)
                        .setValue(valueMsat / MSAT)
                        .setValueMsat(valueMsat)
                        .setSettled(shown == InvoiceState.SETTLED)
                        .setCreationDate(createdAt)
                        .setSettleDate(isAmp() ? 0 : settledAt)
                        .setPaymentRequest(
                                isSpontaneous() ? "" : Requests.of(hash, address, valueMsat))
                        .setExpiry(expirySeconds)
                        .setCltvExpiry(isSpontaneous() ? CLTV_KEYSEND : CLTV)
                        .setAddIndex(addIndex)
                        .setSettleIndex(isAmp() ? 0 : settleIndex)
                        .setAmtPaid(paidMsat)
                        .setAmtPaidSat(paidMsat / MSAT)
                        .setAmtPaidMsat(paidMsat)
                        .setState(shown)
                        .addAllHtlcs(shownHtlcs)
                        .setIsKeysend(kind == Kind.KEYSEND)
                        .setPaymentAddr(address)
                        .setIsAmp(isAmp())
                        .putAllAmpInvoiceState(shownSets);
        if (withUnknownField) {
            message.setUnknownFields(Unknown.FIELDS);
        }
        return message.build();
    }
}
