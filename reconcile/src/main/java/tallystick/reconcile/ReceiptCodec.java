package tallystick.reconcile;

import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.ledger.Msat;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.item.ReceiptState;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.ReceiptHtlc;

/// Invoices, spontaneous receipts and AMP sets, as nodes report them.
final class ReceiptCodec {
    /// A longer expiry means the same for books, and its end is a time that can still be written.
    private static final long EXPIRY_SECONDS_MAX = Duration.ofDays(36_525).toSeconds();

    private ReceiptCodec() {}

    static Receipt decode(InvoiceRecord record) {
        ReceiptState state = state(record);
        boolean isSettled = state == ReceiptState.SETTLED;
        Msat received = Msat.of(isSettled ? record.getReceivedMsat() : 0);
        return new Receipt(
                state,
                terms(record),
                received,
                isSettled ? Optional.of(received) : Optional.empty(),
                isSettled ? Times.ofSecondsUnlessZero(record.getSettledAt()) : Optional.empty(),
                record.getIsAmpSet(),
                record.getIsSpontaneous(),
                record.getSettledSets(),
                state == ReceiptState.CANCELED
                        ? Optional.of(Times.ofNanos(record.getEnvelope().getObservedAtNs()))
                        : Optional.empty(),
                htlcs(record));
    }

    private static ReceiptState state(InvoiceRecord record) {
        return switch (record.getState()) {
            case RECEIPT_STATE_OPEN -> ReceiptState.OPEN;
            case RECEIPT_STATE_ACCEPTED -> ReceiptState.ACCEPTED;
            case RECEIPT_STATE_SETTLED -> ReceiptState.SETTLED;
            case RECEIPT_STATE_CANCELED -> ReceiptState.CANCELED;
            case RECEIPT_STATE_UNSPECIFIED, UNRECOGNIZED ->
                    throw RecordCodec.unknown("state", record.getStateValue());
        };
    }

    private static Receipt.Terms terms(InvoiceRecord record) {
        if (record.getExpirySeconds() < 0) {
            throw new IllegalArgumentException(
                    "expiry: %d s (expected: 0 or more)".formatted(record.getExpirySeconds()));
        }
        return new Receipt.Terms(
                Times.ofSeconds(record.getCreatedAt()),
                Duration.ofSeconds(Math.min(record.getExpirySeconds(), EXPIRY_SECONDS_MAX)),
                Msat.of(record.getRequestedMsat()),
                record.getMemo());
    }

    private static SortedMap<Receipt.HtlcKey, Receipt.Htlc> htlcs(InvoiceRecord record) {
        SortedMap<Receipt.HtlcKey, Receipt.Htlc> htlcs = new TreeMap<>();
        for (ReceiptHtlc htlc : record.getHtlcsList()) {
            htlcs.put(
                    new Receipt.HtlcKey(htlc.getChanId(), htlc.getHtlcIndex()),
                    new Receipt.Htlc(
                            htlcState(htlc.getState()),
                            Msat.of(htlc.getAmountMsat()),
                            Msat.of(htlc.getTotalMsat()),
                            Times.requireSeconds(htlc.getAcceptedAt()),
                            Times.requireSeconds(htlc.getResolvedAt()),
                            htlc.getExpiryHeight()));
        }
        return htlcs;
    }

    static HtlcState htlcState(tallystick.proto.v1.HtlcState state) {
        return switch (state) {
            case HTLC_STATE_IN_FLIGHT -> HtlcState.IN_FLIGHT;
            case HTLC_STATE_SETTLED -> HtlcState.SETTLED;
            case HTLC_STATE_FAILED -> HtlcState.FAILED;
            case HTLC_STATE_UNSPECIFIED, UNRECOGNIZED ->
                    throw new UnknownException(
                            "HTLC state: %s (expected: one this version knows)".formatted(state));
        };
    }
}
