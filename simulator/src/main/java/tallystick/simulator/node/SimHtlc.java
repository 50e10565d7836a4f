package tallystick.simulator.node;

import com.google.protobuf.ByteString;

/// An HTLC on a channel, and what it belongs to.
///
/// @param isIncoming towards us
/// @param index unique for its channel and direction
record SimHtlc(
        boolean isIncoming,
        long msat,
        ByteString hash,
        int expiryHeight,
        long index,
        Purpose purpose) {
    private static final long MSAT = 1000;

    /// Why it is there.
    sealed interface Purpose {
        /// A part of what an invoice is paid with.
        record Receive(SimInvoice invoice) implements Purpose {}

        record Send(SimPayment payment, long attemptId) implements Purpose {}

        /// One side of a forward.
        record Forward(SimForward forward) implements Purpose {}
    }

    /// On the commitment transaction.
    long sats() {
        return msat / MSAT;
    }
}
