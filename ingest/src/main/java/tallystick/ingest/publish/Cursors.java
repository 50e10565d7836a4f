package tallystick.ingest.publish;

import com.google.protobuf.Message;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.NodeCursors;
import tallystick.proto.v1.PaymentRecord;
import tallystick.proto.v1.Source;

/// How far a node has been read, and which of its transactions are not confirmed.
///
/// Cursors are low-water: everything at or below one has been published. A stream moves one only by the next number; over a
/// gap only a complete sweep moves it, for the add index to the highest that it listed, for the settle index to the highest
/// that was known when it began: what settles while the lists are read may have been read too early.
///
/// Nothing rests on cursors but speed: whatever they skip, the next sweep finds.
///
/// One thread.
final class Cursors {
    private final NodeCursors.Builder state;
    private final Map<String, ChainRecord> unconfirmed = new TreeMap<>();
    private final Map<String, ChainRecord> listedUnconfirmed = new TreeMap<>();
    private final Set<String> listedConfirmed = new HashSet<>();
    private boolean isSweeping;
    private long settleSeen;
    private long settleSeenAtBegin;
    private long addListed;
    private long paymentListed;

    Cursors(NodeCursors stored) {
        state = stored.toBuilder().clearUnconfirmed();
        stored.getUnconfirmedList().forEach(tx -> unconfirmed.put(tx.getTxid(), tx));
        settleSeen = stored.getInvoiceSettleIndex();
    }

    void sweepBegan() {
        isSweeping = true;
        settleSeenAtBegin = settleSeen;
        addListed = 0;
        paymentListed = 0;
        listedUnconfirmed.clear();
        listedConfirmed.clear();
    }

    void observed(Source source, Message facts) {
        boolean isListed = source == Source.SOURCE_SWEEP && isSweeping;
        switch (facts) {
            case InvoiceRecord invoice -> invoice(invoice, isListed);
            case PaymentRecord payment when isListed ->
                    paymentListed = Math.max(paymentListed, payment.getPaymentIndex());
            case ChainRecord transaction when isListed -> transaction(transaction);
            default -> {
                // Other records have no cursor.
            }
        }
    }

    /// Moves the cursors to what the sweep proved.
    ///
    /// @return the transactions that were unconfirmed before it and are not listed any more
    List<ChainRecord> sweepEnded(Instant began) {
        List<ChainRecord> gone = new ArrayList<>();
        unconfirmed.forEach(
                (txid, last) -> {
                    if (!listedUnconfirmed.containsKey(txid) && !listedConfirmed.contains(txid)) {
                        gone.add(last);
                    }
                });
        unconfirmed.clear();
        unconfirmed.putAll(listedUnconfirmed);
        state.setInvoiceAddIndex(Math.max(state.getInvoiceAddIndex(), addListed));
        state.setInvoiceSettleIndex(Math.max(state.getInvoiceSettleIndex(), settleSeenAtBegin));
        state.setPaymentIndex(Math.max(state.getPaymentIndex(), paymentListed));
        state.setLastSweepNs(Times.epochNanos(began));
        isSweeping = false;
        return gone;
    }

    NodeCursors snapshot() {
        return state.clone().addAllUnconfirmed(unconfirmed.values()).build();
    }

    private void invoice(InvoiceRecord invoice, boolean isListed) {
        long add = invoice.getAddIndex();
        long settle = invoice.getSettleIndex();
        settleSeen = Math.max(settleSeen, settle);
        if (isListed) {
            addListed = Math.max(addListed, add);
            return;
        }
        if (add == state.getInvoiceAddIndex() + 1) {
            state.setInvoiceAddIndex(add);
        }
        if (settle == state.getInvoiceSettleIndex() + 1) {
            state.setInvoiceSettleIndex(settle);
        }
    }

    private void transaction(ChainRecord transaction) {
        if (transaction.getIsConfirmed()) {
            // Only those that were open before matter, so that the memory is bounded by what is
            // open.
            if (unconfirmed.containsKey(transaction.getTxid())) {
                listedConfirmed.add(transaction.getTxid());
            }
        } else {
            listedUnconfirmed.put(transaction.getTxid(), transaction);
        }
    }
}
