package tallystick.ledger.proof;

import tallystick.ledger.Msat;

/// What a node says of one of its channels: whole satoshis, each side rounded down on its own.
///
/// @param isQuiet nothing moved while the node was read, and no HTLC was under way
/// @param numUpdates steps of the commitment; while it stays, nothing moves
/// @param pendingHtlcs HTLCs under way, both directions
public record ChannelFigures(
        String channelPoint,
        long capacitySat,
        long localSat,
        long remoteSat,
        boolean weOpened,
        boolean isQuiet,
        long numUpdates,
        int pendingHtlcs) {
    static final long FRACTION_MAX = Msat.PER_SAT - 1;

    /// Of a channel that the node does not list.
    static ChannelFigures notListed(String channelPoint) {
        return new ChannelFigures(channelPoint, 0, 0, 0, false, true, 0, 0);
    }

    /// Where the fee-free claim lies by the node's figures alone. For the opener the peer's share is rounded down, so the claim
    /// lies up to 999 msat below what the peer does not hold; for the other side its own share is, so the claim lies up to
    /// 999 above.
    public Interval claim() {
        long high =
                weOpened
                        ? msat(Math.subtractExact(capacitySat, remoteSat))
                        : Math.addExact(msat(localSat), FRACTION_MAX);
        return new Interval(high - FRACTION_MAX, high);
    }

    /// Where the node's own exact share lies.
    Interval local() {
        return new Interval(msat(localSat), Math.addExact(msat(localSat), FRACTION_MAX));
    }

    /// What is neither side's: the commitment fee and the anchors, which the opener pays, with the satoshi that both sides'
    /// fractions may hide in them.
    long keptMsat() {
        return msat(capacitySat - localSat - remoteSat);
    }

    /// True when nothing moved between the two.
    boolean isAs(ChannelFigures other) {
        return numUpdates == other.numUpdates
                && localSat == other.localSat
                && remoteSat == other.remoteSat;
    }

    private static long msat(long sat) {
        return Math.multiplyExact(sat, Msat.PER_SAT);
    }
}
