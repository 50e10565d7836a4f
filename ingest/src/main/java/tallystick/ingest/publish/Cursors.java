package tallystick.ingest.publish;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import tallystick.proto.v1.Anchor;
import tallystick.proto.v1.CoverageGap;
import tallystick.proto.v1.ForwardRecord;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.NodeCursors;
import tallystick.proto.v1.PaymentRecord;
import tallystick.proto.v1.PaymentState;
import tallystick.proto.v1.ReceiptState;

/// How far a node has been read. Nothing rests on cursors but speed: whatever they skip, a sweep finds.
///
/// One thread.
final class Cursors {
    private final NodeCursors.Builder state;
    private IndexCursor adds;
    private IndexCursor settles;
    private boolean isSweeping;
    private boolean isRescan;
    private long paymentListed;
    private int chainHeight;
    private boolean isSynced;
    private boolean isWalletCurrent;

    Cursors(NodeCursors stored) {
        state = stored.toBuilder();
        chainHeight = stored.getChainHeight();
        boolean isCaughtUp = stored.getLastSweepNs() > 0;
        adds =
                new IndexCursor(
                        CoverageGap.Kind.KIND_ADD_INDEX, stored.getInvoiceAddIndex(), isCaughtUp);
        settles =
                new IndexCursor(
                        CoverageGap.Kind.KIND_SETTLE_INDEX,
                        stored.getInvoiceSettleIndex(),
                        isCaughtUp);
    }

    int indexEpoch() {
        return state.getIndexEpoch();
    }

    int chainHeight() {
        return chainHeight;
    }

    long settleCursor() {
        return settles.cursor();
    }

    /// Unit: ns since the Unix epoch; 0 before the first.
    long rescannedUntilNs() {
        return state.getLastRescanNs();
    }

    /// Whether the node's wallet has seen the chain up to its tip. A wallet that has not lists less than there is.
    boolean isSynced() {
        return isSynced;
    }

    /// Whether a transaction that the wallet lists no more is gone: not when the wallet is behind the chain, or behind what it
    /// had seen before.
    boolean isWalletCurrent() {
        return isWalletCurrent;
    }

    /// @param rescan whether every list is going to be read from its beginning
    /// @param walletSynced whether the node's wallet has seen the chain up to that height
    /// @return the gaps that the sweep is going to close or prove empty
    List<CoverageGap> sweepBegan(boolean rescan, int height, boolean walletSynced) {
        isSweeping = true;
        isRescan = rescan;
        paymentListed = 0;
        isSynced = walletSynced;
        isWalletCurrent = walletSynced && height >= state.getChainHeight();
        if (isWalletCurrent) {
            chainHeight = height;
        }
        if (rescan) {
            // The one of before may have been deleted; the list shows another.
            state.clearPaymentAnchor();
        }
        return both(adds.sweepBegan(), settles.sweepBegan());
    }

    void streamed(Message facts) {
        if (facts instanceof InvoiceRecord invoice) {
            adds.streamed(invoice.getAddIndex());
            if (areSettlesInOrder()) {
                settles.streamed(invoice.getSettleIndex());
            }
        }
        observed(facts);
    }

    /// @param isInPages whether the list that holds it has everything before it too
    void listed(Message facts, boolean isInPages) {
        if (isSweeping && facts instanceof InvoiceRecord invoice) {
            adds.listed(invoice.getAddIndex(), isInPages);
            if (areSettlesInOrder()) {
                settles.listed(invoice.getSettleIndex(), false);
            }
        }
        if (isSweeping && facts instanceof PaymentRecord payment) {
            paymentListed = Math.max(paymentListed, payment.getPaymentIndex());
        }
        observed(facts);
    }

    /// After a migration lnd keeps the numbers of old settlements and gives new ones from 1 on: they are in no order, and no
    /// cursor among them means anything. Then lists alone tell.
    private boolean areSettlesInOrder() {
        return state.getIndexEpoch() == 0;
    }

    /// @return what became of the gaps
    List<CoverageGap> sweepEnded(Instant began, Duration took) {
        List<CoverageGap> results =
                both(
                        // What is new is listed by every sweep; an old receipt that grew, and took
                        // a
                        // number with it, by a rescan only.
                        adds.sweepEnded(true), settles.sweepEnded(isRescan));
        state.setPaymentIndex(
                isRescan ? paymentListed : Math.max(state.getPaymentIndex(), paymentListed));
        state.setChainHeight(chainHeight);
        state.setLastSweepNs(Times.epochNanos(began));
        if (isRescan) {
            state.setLastRescanNs(Times.epochNanos(began)).setLastRescanTookNs(took.toNanos());
        }
        isSweeping = false;
        return results;
    }

    /// The node's indexes were found renumbered: those of before mean nothing any more, and all is to be read again.
    void raiseEpoch() {
        state.setIndexEpoch(state.getIndexEpoch() + 1)
                .setPaymentIndex(0)
                .setLastRescanNs(0)
                .clearInvoiceAnchor()
                .clearPaymentAnchor();
        adds = new IndexCursor(CoverageGap.Kind.KIND_ADD_INDEX, 0, false);
        settles = new IndexCursor(CoverageGap.Kind.KIND_SETTLE_INDEX, 0, false);
        isSweeping = false;
    }

    boolean hasGaps() {
        return adds.hasGaps() || settles.hasGaps();
    }

    NodeCursors snapshot() {
        return state.clone()
                .setInvoiceAddIndex(adds.cursor())
                .setInvoiceSettleIndex(settles.cursor())
                .build();
    }

    private void observed(Message facts) {
        switch (facts) {
            case InvoiceRecord invoice
                    when invoice.getState() == ReceiptState.RECEIPT_STATE_SETTLED
                            && !invoice.getIsAmp() ->
                    state.setInvoiceAnchor(
                            later(
                                    state.getInvoiceAnchor(),
                                    invoice.getPaymentHash(),
                                    invoice.getAddIndex()));
            case PaymentRecord payment
                    when payment.getState() == PaymentState.PAYMENT_STATE_SUCCEEDED ->
                    state.setPaymentAnchor(
                            later(
                                    state.getPaymentAnchor(),
                                    payment.getPaymentHash(),
                                    payment.getPaymentIndex()));
            case ForwardRecord forward ->
                    state.setForwardTimeNs(
                            Math.max(state.getForwardTimeNs(), forward.getSettledAtNs()));
            default -> {
                // Nothing to remember.
            }
        }
    }

    private static List<CoverageGap> both(List<CoverageGap> some, List<CoverageGap> others) {
        List<CoverageGap> all = new ArrayList<>(some);
        all.addAll(others);
        return all;
    }

    private static Anchor later(Anchor anchor, ByteString hash, long index) {
        return index > anchor.getIndex()
                ? Anchor.newBuilder().setPaymentHash(hash).setIndex(index).build()
                : anchor;
    }
}
