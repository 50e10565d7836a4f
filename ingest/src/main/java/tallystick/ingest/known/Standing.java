package tallystick.ingest.known;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import tallystick.ingest.record.NodeRecord;
import tallystick.proto.v1.BalanceRecord;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.ChannelRecord;
import tallystick.proto.v1.ChannelState;
import tallystick.proto.v1.ForwardRecord;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.PaymentRecord;
import tallystick.proto.v1.PaymentState;
import tallystick.proto.v1.ReceiptState;

/// Where a fact stands in the node's lists, and how far it is.
///
/// @param page where it is counted among the page sums, or [NodeList#NO_PAGE]
/// @param isOpen whether it may still change
/// @param progress grows with what happens to the fact; of two readings the one with more is the later
/// @param index its index in the list; 0 where there is none
/// @param hash payment hash of an invoice or a payment, otherwise empty
public record Standing(
        NodeList list, long page, boolean isOpen, long progress, long index, ByteString hash) {
    /// Blocks that bury a transaction so deep that no reorganisation of the chain reaches it: a day of them.
    static final int BURIED_BLOCKS = 144;

    /// From the top of a progress: when the fact was created, in units of 8 microseconds; its rank; its parts.
    private static final int NANOS_SHIFT = 13;

    private static final int CREATED_SHIFT = 14;
    private static final int RANK_SHIFT = 12;

    /// Of a state that this version does not know: it is never taken for an older reading, so that it is told.
    private static final int RANK_UNKNOWN = 3;

    private static final long PARTS_MAX = (1L << RANK_SHIFT) - 1;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /// @param chainHeight of the node's chain as it was last seen
    static Standing of(NodeRecord record, int chainHeight) {
        Message facts = record.facts();
        return switch (facts) {
            case InvoiceRecord invoice -> of(invoice);
            case PaymentRecord payment -> of(payment);
            case ForwardRecord forward ->
                    always(NodeList.FORWARDS, NodeList.pageOfTime(forward.getSettledAtNs()), false);
            case ChannelRecord channel -> of(channel);
            case ChainRecord transaction -> of(transaction, chainHeight);
            case BalanceRecord _ -> always(NodeList.BALANCES, NodeList.NO_PAGE, true);
            default ->
                    throw new IllegalArgumentException(
                            "record: %s (expected: one that a node's lists hold)"
                                    .formatted(facts.getDescriptorForType().getFullName()));
        };
    }

    private static Standing of(InvoiceRecord invoice) {
        int rank =
                switch (invoice.getState()) {
                    case RECEIPT_STATE_OPEN -> 1;
                    case RECEIPT_STATE_ACCEPTED -> 2;
                    case RECEIPT_STATE_SETTLED, RECEIPT_STATE_CANCELED -> 3;
                    case RECEIPT_STATE_UNSPECIFIED, UNRECOGNIZED -> RANK_UNKNOWN;
                };
        boolean isSet = invoice.getIsAmpSet() && !invoice.getIsSpontaneous();
        return new Standing(
                isSet ? NodeList.AMP_SETS : NodeList.INVOICES,
                isSet
                        ? pageOfSets(invoice.getPaymentAddr())
                        : NodeList.pageOfIndex(invoice.getAddIndex()),
                invoice.getState() != ReceiptState.RECEIPT_STATE_SETTLED
                        && invoice.getState() != ReceiptState.RECEIPT_STATE_CANCELED,
                progress(
                        Math.multiplyExact(invoice.getCreatedAt(), NANOS_PER_SECOND),
                        rank,
                        (long) invoice.getHtlcsCount() + invoice.getSettledSets()),
                invoice.getAddIndex(),
                invoice.getPaymentHash());
    }

    private static Standing of(PaymentRecord payment) {
        boolean isEnded =
                payment.getState() == PaymentState.PAYMENT_STATE_SUCCEEDED
                        || payment.getState() == PaymentState.PAYMENT_STATE_FAILED;
        int rank =
                switch (payment.getState()) {
                    case PAYMENT_STATE_INITIATED -> 1;
                    case PAYMENT_STATE_IN_FLIGHT -> 2;
                    case PAYMENT_STATE_SUCCEEDED, PAYMENT_STATE_FAILED -> 3;
                    case PAYMENT_STATE_UNSPECIFIED, UNRECOGNIZED -> RANK_UNKNOWN;
                };
        // A node that is done with a payment may forget its failed attempts.
        long parts = isEnded ? 0 : attempts(payment);
        return new Standing(
                NodeList.PAYMENTS,
                NodeList.pageOfIndex(payment.getPaymentIndex()),
                !isEnded,
                progress(payment.getCreatedAtNs(), rank, parts),
                payment.getPaymentIndex(),
                payment.getPaymentHash());
    }

    private static long attempts(PaymentRecord payment) {
        return payment.getAttemptsCount()
                + payment.getAttemptsList().stream().filter(a -> a.getResolvedAtNs() > 0).count();
    }

    private static Standing of(ChannelRecord channel) {
        boolean isOpen =
                channel.getState() != ChannelState.CHANNEL_STATE_CLOSED
                        && channel.getState() != ChannelState.CHANNEL_STATE_OPEN_FAILED;
        return always(
                NodeList.CHANNELS,
                isOpen ? NodeList.NO_PAGE : NodeList.pageOfHeight(channel.getCloseHeight()),
                isOpen);
    }

    private static Standing of(ChainRecord transaction, int chainHeight) {
        boolean isBuried =
                transaction.getIsConfirmed()
                        && !transaction.getIsGone()
                        && transaction.getBlockHeight() <= chainHeight - BURIED_BLOCKS;
        return always(
                NodeList.CHAIN,
                isBuried ? NodeList.pageOfHeight(transaction.getBlockHeight()) : NodeList.NO_PAGE,
                !isBuried);
    }

    /// Of facts that have no order of their own: the later reading counts.
    private static Standing always(NodeList list, long page, boolean isOpen) {
        return new Standing(list, page, isOpen, 0, 0, ByteString.EMPTY);
    }

    /// Whether two readings of a key are of one fact: a failed payment can be tried again, and an invoice made anew, under
    /// the same hash.
    static boolean isSameFact(long progress, long other) {
        return progress >>> CREATED_SHIFT == other >>> CREATED_SHIFT;
    }

    private static long progress(long createdNanos, int rank, long parts) {
        return (createdNanos >>> NANOS_SHIFT << CREATED_SHIFT)
                | ((long) rank << RANK_SHIFT)
                | Math.min(parts, PARTS_MAX);
    }

    /// An invoice's payment address is its own; eight bytes of it tell invoices apart well enough for a sum.
    private static long pageOfSets(ByteString paymentAddress) {
        return paymentAddress.size() < Long.BYTES
                ? 0
                : paymentAddress.asReadOnlyByteBuffer().getLong() & Long.MAX_VALUE;
    }
}
