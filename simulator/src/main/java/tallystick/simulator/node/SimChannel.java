package tallystick.simulator.node;

import java.util.ArrayList;
import java.util.List;
import tallystick.proto.lnrpc.Channel;
import tallystick.proto.lnrpc.ChannelConstraints;
import tallystick.proto.lnrpc.ChannelPoint;
import tallystick.proto.lnrpc.CommitmentType;
import tallystick.proto.lnrpc.HTLC;
import tallystick.proto.lnrpc.Initiator;

/// A channel with anchors. Both sides' claims are kept free of fees, in msat; what lnd shows is derived from them. Changes
/// in place; belongs to the node's lock.
final class SimChannel {
    static final long MSAT = 1000;
    static final int CSV_DELAY = 8;
    static final long ANCHOR = 330;
    static final long DUST = 354;

    private static final long BOTH_ANCHORS = 2 * ANCHOR;
    private static final long FEE_PER_KW = 750;
    private static final long FEE_STEP = 250;
    private static final long WEIGHT_FOR_FEE = 1124;
    private static final long WEIGHT_SHOWN = 1116;
    private static final long WEIGHT_HTLC = 172;
    private static final long KILO = 1000;
    private static final long RESERVE_PART = 100;
    private static final int MAX_HTLCS = 483;

    /// Room for the fees of some more HTLCs.
    private static final long SPARE_SATS = 3000;

    /// lnd allows no more HTLCs; fewer keep commitments small.
    private static final int HTLC_LIMIT = 30;

    final String txid;
    final int output;
    final Peer peer;
    final long capacity;
    final boolean isInitiator;
    final long push;
    final boolean isPrivate;

    long chanId;
    int openHeight;
    long ours;
    long theirs;
    final List<SimHtlc> htlcs = new ArrayList<>();
    long nextIncoming;
    long nextOutgoing;
    long updates;
    long sentMsat;
    long receivedMsat;
    long feePerKw = FEE_PER_KW;
    boolean isActive;

    /// How many HTLCs the last commitment had.
    int committedHtlcs;

    long watchedSince;
    int commitmentType = CommitmentType.ANCHORS_VALUE;

    SimChannel(
            String txid,
            int output,
            Peer peer,
            long capacity,
            boolean isInitiator,
            long push,
            boolean isPrivate) {
        this.txid = txid;
        this.output = output;
        this.peer = peer;
        this.capacity = capacity;
        this.isInitiator = isInitiator;
        this.push = push;
        this.isPrivate = isPrivate;
        ours = (isInitiator ? capacity - push : push) * MSAT;
        theirs = capacity * MSAT - ours;
    }

    String point() {
        return txid + ":" + output;
    }

    ChannelPoint pointMessage() {
        return ChannelPoint.newBuilder()
                .setFundingTxidBytes(Bytes.reversed(txid))
                .setOutputIndex(output)
                .build();
    }

    long fee(int htlcCount) {
        return (WEIGHT_FOR_FEE + WEIGHT_HTLC * htlcCount) * feePerKw / KILO;
    }

    void changeFee(boolean isUp) {
        long changed = feePerKw + (isUp ? FEE_STEP : -FEE_STEP);
        feePerKw = Math.clamp(changed, FEE_PER_KW - FEE_STEP, FEE_PER_KW + 2 * FEE_STEP);
    }

    private long initiatorPays() {
        return (fee(htlcs.size()) + BOTH_ANCHORS) * MSAT;
    }

    long localMsat() {
        return ours - (isInitiator ? initiatorPays() : 0);
    }

    long remoteMsat() {
        return theirs - (isInitiator ? 0 : initiatorPays());
    }

    long localSats() {
        return localMsat() / MSAT;
    }

    long remoteSats() {
        return remoteMsat() / MSAT;
    }

    long reserve() {
        return capacity / RESERVE_PART;
    }

    boolean hasRoom() {
        return isActive && htlcs.size() < HTLC_LIMIT;
    }

    /// What we can send at most.
    long spendable() {
        return hasRoom() ? localMsat() - (reserve() + SPARE_SATS) * MSAT : 0;
    }

    /// What the peer can send at most.
    long receivable() {
        return hasRoom() ? remoteMsat() - (reserve() + SPARE_SATS) * MSAT : 0;
    }

    long incomingMsat() {
        return htlcs.stream().filter(SimHtlc::isIncoming).mapToLong(SimHtlc::msat).sum();
    }

    long outgoingMsat() {
        return htlcs.stream().filter(each -> !each.isIncoming()).mapToLong(SimHtlc::msat).sum();
    }

    /// All that the commitment transaction does not pay out. lnd calls it a fee, though it holds the rests of satoshis too.
    long commitFee() {
        long outputs = htlcs.stream().mapToLong(SimHtlc::sats).sum();
        boolean hasHtlcs = !htlcs.isEmpty();
        outputs += localSats() >= DUST ? localSats() : 0;
        outputs += remoteSats() >= DUST ? remoteSats() : 0;
        outputs += localSats() >= DUST || hasHtlcs ? ANCHOR : 0;
        outputs += remoteSats() >= DUST || hasHtlcs ? ANCHOR : 0;
        return capacity - outputs;
    }

    Initiator initiator() {
        return isInitiator ? Initiator.INITIATOR_LOCAL : Initiator.INITIATOR_REMOTE;
    }

    /// @param now in seconds
    /// @param fresh how many HTLCs, the last ones, came with the last commitment: those from the peer are not locked in yet
    Channel message(long now, int fresh) {
        Channel.Builder message =
                Channel.newBuilder()
                        .setActive(isActive)
                        .setRemotePubkey(peer.pubkey())
                        .setChannelPoint(point())
                        .setChanId(chanId)
                        .setCapacity(capacity)
                        .setLocalBalance(localSats())
                        .setRemoteBalance(remoteSats())
                        .setCommitFee(commitFee())
                        .setCommitWeight(WEIGHT_SHOWN + WEIGHT_HTLC * htlcs.size())
                        .setFeePerKw(feePerKw)
                        .setUnsettledBalance(htlcs.stream().mapToLong(SimHtlc::sats).sum())
                        .setTotalSatoshisSent(sentMsat / MSAT)
                        .setTotalSatoshisReceived(receivedMsat / MSAT)
                        .setNumUpdates(updates)
                        .setCsvDelay(CSV_DELAY)
                        .setPrivate(isPrivate)
                        .setInitiator(isInitiator)
                        .setChanStatusFlags("ChanStatusDefault")
                        .setLocalChanReserveSat(reserve())
                        .setRemoteChanReserveSat(reserve())
                        .setLifetime(Math.max(0, now - watchedSince))
                        .setUptime(Math.max(0, now - watchedSince))
                        .setCommitmentTypeValue(commitmentType)
                        .setPushAmountSat(push)
                        .setLocalConstraints(constraints())
                        .setRemoteConstraints(constraints());
        for (int i = 0; i < htlcs.size(); i++) {
            SimHtlc htlc = htlcs.get(i);
            boolean isFresh = i >= htlcs.size() - fresh;
            message.addPendingHtlcs(message(htlc, !isFresh || !htlc.isIncoming()));
        }
        return message.build();
    }

    private static HTLC message(SimHtlc htlc, boolean isLockedIn) {
        HTLC.Builder message =
                HTLC.newBuilder()
                        .setIncoming(htlc.isIncoming())
                        .setAmount(htlc.sats())
                        .setHashLock(htlc.hash())
                        .setExpirationHeight(htlc.expiryHeight())
                        .setHtlcIndex(htlc.index())
                        .setLockedIn(isLockedIn);
        if (htlc.purpose() instanceof SimHtlc.Purpose.Forward(SimForward forward)) {
            message.setForwardingChannel(
                            htlc.isIncoming() ? forward.out().chanId : forward.in().chanId)
                    .setForwardingHtlcIndex(
                            htlc.isIncoming() ? forward.outIndex() : forward.inIndex());
        }
        return message.build();
    }

    private ChannelConstraints constraints() {
        return ChannelConstraints.newBuilder()
                .setCsvDelay(CSV_DELAY)
                .setChanReserveSat(reserve())
                .setDustLimitSat(DUST)
                .setMaxPendingAmtMsat((capacity - reserve()) * MSAT)
                .setMinHtlcMsat(1)
                .setMaxAcceptedHtlcs(MAX_HTLCS)
                .build();
    }
}
