package tallystick.ingest.record;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.ItemKey;
import tallystick.proto.lnrpc.AMPInvoiceState;
import tallystick.proto.lnrpc.Invoice;
import tallystick.proto.lnrpc.InvoiceHTLC;
import tallystick.proto.lnrpc.InvoiceHTLCState;
import tallystick.proto.v1.HtlcState;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.ReceiptHtlc;
import tallystick.proto.v1.ReceiptState;

/// An invoice, in our words. An AMP invoice counts no money itself: each of its settled sets is a record of its own.
public final class InvoiceRecords {
    private InvoiceRecords() {}

    static List<NodeRecord> of(Invoice invoice) {
        if (!invoice.getIsAmp()) {
            return List.of(record(plain(invoice)));
        }
        Map<String, AMPInvoiceState> settled = settledSets(invoice);
        List<NodeRecord> records = new ArrayList<>();
        if (!invoice.getRHash().isEmpty()) {
            records.add(record(ampInvoice(invoice, settled.size())));
        }
        settled.forEach((setId, state) -> records.add(record(ampSet(invoice, setId, state))));
        return records;
    }

    /// That the node has no such invoice any more. It deletes none but canceled ones.
    public static NodeRecord deleted(ByteString paymentHash, long addIndex) {
        return record(
                InvoiceRecord.newBuilder()
                        .setPaymentHash(paymentHash)
                        .setState(ReceiptState.RECEIPT_STATE_CANCELED)
                        .setAddIndex(addIndex)
                        .build());
    }

    private static NodeRecord record(InvoiceRecord facts) {
        String hash = Lnd.hex(facts.getPaymentHash());
        String kind = facts.getIsAmpSet() ? "set_id:" : "payment_hash:";
        return new NodeRecord(
                Topic.INVOICES,
                RecordKeys.of(ItemKey.ofPayment(hash)),
                kind + hash,
                kind + hash,
                facts);
    }

    private static InvoiceRecord plain(Invoice invoice) {
        List<ReceiptHtlc> htlcs =
                invoice.getHtlcsList().stream().map(InvoiceRecords::htlc).toList();
        boolean isSettled = invoice.getState() == Invoice.InvoiceState.SETTLED;
        return common(invoice)
                .setPaymentHash(Lnd.requireHash("r_hash", invoice.getRHash()))
                .setState(state(invoice.getState()))
                .setReceivedMsat(isSettled ? received(invoice, htlcs) : 0)
                .setSettledAt(isSettled ? Lnd.timeOrZero(invoice.getSettleDate()) : 0)
                .setSettleIndex(invoice.getSettleIndex())
                .addAllHtlcs(htlcs)
                .build();
    }

    private static InvoiceRecord ampInvoice(Invoice invoice, int settledSets) {
        // lnd calls it SETTLED as soon as one set is; it takes further sets all the same.
        boolean isCanceled = invoice.getState() == Invoice.InvoiceState.CANCELED;
        return common(invoice)
                .setPaymentHash(Lnd.requireHash("r_hash", invoice.getRHash()))
                .setState(
                        isCanceled
                                ? ReceiptState.RECEIPT_STATE_CANCELED
                                : ReceiptState.RECEIPT_STATE_OPEN)
                .setSettledSets(settledSets)
                .build();
    }

    private static InvoiceRecord ampSet(Invoice invoice, String setIdHex, AMPInvoiceState set) {
        ByteString setId = Lnd.hash("set id", setIdHex);
        List<ReceiptHtlc> htlcs =
                invoice.getHtlcsList().stream()
                        .filter(htlc -> htlc.getAmp().getSetId().equals(setId))
                        .map(InvoiceRecords::htlc)
                        .toList();
        return common(invoice)
                .setPaymentHash(setId)
                .setIsAmpSet(true)
                .setState(ReceiptState.RECEIPT_STATE_SETTLED)
                .setReceivedMsat(Lnd.nonNegative("amt_paid_msat", set.getAmtPaidMsat()))
                .setSettledAt(Lnd.timeOrZero(set.getSettleTime()))
                .setSettleIndex(set.getSettleIndex())
                .addAllHtlcs(htlcs)
                .build();
    }

    /// What does not depend on money having come.
    private static InvoiceRecord.Builder common(Invoice invoice) {
        boolean isAskedFor = !invoice.getPaymentRequest().isEmpty();
        return InvoiceRecord.newBuilder()
                .setIsAmp(invoice.getIsAmp())
                .setIsSpontaneous(invoice.getIsKeysend() || (invoice.getIsAmp() && !isAskedFor))
                .setRequestedMsat(isAskedFor ? Math.max(invoice.getValueMsat(), 0) : 0)
                .setCreatedAt(invoice.getCreationDate())
                .setExpirySeconds(isAskedFor ? Math.max(invoice.getExpiry(), 0) : 0)
                .setAddIndex(invoice.getAddIndex())
                .setMemo(invoice.getMemo())
                .setPaymentAddr(Lnd.emptyIfZero(invoice.getPaymentAddr()));
    }

    /// The channels' view wherever there is one: `amt_paid_msat` can be changed by whoever intercepts HTLCs.
    private static long received(Invoice invoice, List<ReceiptHtlc> htlcs) {
        if (htlcs.isEmpty()) {
            return Lnd.nonNegative("amt_paid_msat", invoice.getAmtPaidMsat());
        }
        long sum = 0;
        for (ReceiptHtlc htlc : htlcs) {
            if (htlc.getState() == HtlcState.HTLC_STATE_SETTLED) {
                sum = Math.addExact(sum, htlc.getAmountMsat());
            }
        }
        return sum;
    }

    /// In the order of their ids, so that equal invoices give equal records whatever order the map came in.
    private static Map<String, AMPInvoiceState> settledSets(Invoice invoice) {
        Map<String, AMPInvoiceState> settled = new TreeMap<>();
        invoice.getAmpInvoiceStateMap()
                .forEach(
                        (setId, state) -> {
                            if (state.getState() == InvoiceHTLCState.SETTLED) {
                                settled.put(setId, state);
                            }
                        });
        return settled;
    }

    private static ReceiptHtlc htlc(InvoiceHTLC htlc) {
        return ReceiptHtlc.newBuilder()
                .setChanId(htlc.getChanId())
                .setHtlcIndex(htlc.getHtlcIndex())
                .setAmountMsat(htlc.getAmtMsat())
                .setState(state(htlc.getState()))
                .setTotalMsat(htlc.getMppTotalAmtMsat())
                .setAcceptedAt(Lnd.timeOrZero(htlc.getAcceptTime()))
                .setResolvedAt(Lnd.timeOrZero(htlc.getResolveTime()))
                .setExpiryHeight(htlc.getExpiryHeight())
                .build();
    }

    private static ReceiptState state(Invoice.InvoiceState state) {
        return switch (state) {
            case OPEN -> ReceiptState.RECEIPT_STATE_OPEN;
            case ACCEPTED -> ReceiptState.RECEIPT_STATE_ACCEPTED;
            case SETTLED -> ReceiptState.RECEIPT_STATE_SETTLED;
            case CANCELED -> ReceiptState.RECEIPT_STATE_CANCELED;
            case UNRECOGNIZED -> ReceiptState.RECEIPT_STATE_UNSPECIFIED;
        };
    }

    private static HtlcState state(InvoiceHTLCState state) {
        return switch (state) {
            case ACCEPTED -> HtlcState.HTLC_STATE_IN_FLIGHT;
            case SETTLED -> HtlcState.HTLC_STATE_SETTLED;
            case CANCELED -> HtlcState.HTLC_STATE_FAILED;
            case UNRECOGNIZED -> HtlcState.HTLC_STATE_UNSPECIFIED;
        };
    }
}
