package tallystick.simulator.node;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tallystick.proto.lnrpc.ChannelCloseSummary;
import tallystick.proto.lnrpc.ChannelCloseSummary.ClosureType;
import tallystick.proto.lnrpc.Initiator;
import tallystick.proto.lnrpc.OutPoint;
import tallystick.proto.lnrpc.Resolution;
import tallystick.proto.lnrpc.ResolutionOutcome;
import tallystick.proto.lnrpc.ResolutionType;

/// One channel on its way from its last commitment into the wallet. Changes in place; belongs to the node's lock.
final class Closing {
    private static final int CONFIRMATIONS = 3;

    /// As long as the stand-in for the name of the chain.
    static final String CHAIN_HASH =
            "06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f";

    /// An output of the closing transaction that can become ours.
    static final class Part {
        final ResolutionType type;
        final int output;
        final long sats;
        final @Nullable SimHtlc htlc;

        /// At which height the peer shows the preimage on the chain; 0 when it never does.
        int claimedByPeerAt;

        /// Whether it becomes ours; null while nobody knows.
        @Nullable Boolean isOurs;

        @Nullable SimTransaction firstStage;
        @Nullable SimTransaction sweep;
        boolean isDone;

        Part(ResolutionType type, int output, long sats, @Nullable SimHtlc htlc) {
            this.type = type;
            this.output = output;
            this.sats = sats;
            this.htlc = htlc;
        }

        SimHtlc theHtlc() {
            SimHtlc known = htlc;
            if (known == null) {
                throw new IllegalStateException("part %s: no HTLC (expected: one)".formatted(type));
            }
            return known;
        }
    }

    final SimChannel channel;
    final ClosureType type;
    final boolean isByUs;
    final SimTransaction transaction;
    final long settledBalance;
    final List<Part> parts = new ArrayList<>();
    final List<Resolution> resolutions = new ArrayList<>();
    final String otherCommitment;
    boolean isByChance = true;
    boolean isTold;

    Closing(
            SimChannel channel,
            ClosureType type,
            boolean isByUs,
            SimTransaction transaction,
            long settledBalance,
            String otherCommitment) {
        this.channel = channel;
        this.type = type;
        this.isByUs = isByUs;
        this.transaction = transaction;
        this.settledBalance = settledBalance;
        this.otherCommitment = otherCommitment;
    }

    boolean isCooperative() {
        return type == ClosureType.COOPERATIVE_CLOSE;
    }

    boolean isLocalForce() {
        return type == ClosureType.LOCAL_FORCE_CLOSE;
    }

    int confirmations(int height) {
        return transaction.isConfirmed() ? height - transaction.height + 1 : 0;
    }

    boolean isDeep(int height) {
        return confirmations(height) >= CONFIRMATIONS;
    }

    int blocksMissing(int height) {
        return Math.max(0, CONFIRMATIONS - confirmations(height));
    }

    /// When our own output can be spent.
    int maturity() {
        return transaction.height + (isLocalForce() ? SimChannel.CSV_DELAY : 1);
    }

    boolean isResolved() {
        return parts.stream().allMatch(part -> part.isDone);
    }

    private long timeLocked() {
        return isLocalForce()
                ? settledBalance
                        + parts.stream()
                                .filter(part -> part.type == ResolutionType.OUTGOING_HTLC)
                                .mapToLong(part -> part.sats)
                                .sum()
                : 0;
    }

    void resolution(
            ResolutionType resolved,
            ResolutionOutcome outcome,
            SimTransaction made,
            int output,
            long sats,
            @Nullable SimTransaction sweptBy) {
        resolutions.add(
                Resolution.newBuilder()
                        .setResolutionType(resolved)
                        .setOutcome(outcome)
                        .setOutpoint(
                                OutPoint.newBuilder()
                                        .setTxidBytes(Bytes.reversed(made.txid))
                                        .setTxidStr(made.txid)
                                        .setOutputIndex(output))
                        .setAmountSat(sats)
                        .setSweepTxid(sweptBy == null ? "" : sweptBy.txid)
                        .build());
    }

    ChannelCloseSummary summary(boolean withResolutions) {
        ChannelCloseSummary.Builder summary =
                ChannelCloseSummary.newBuilder()
                        .setChannelPoint(channel.point())
                        .setChanId(channel.chanId)
                        .setChainHash(CHAIN_HASH)
                        .setClosingTxHash(transaction.txid)
                        .setRemotePubkey(channel.peer.pubkey())
                        .setCapacity(channel.capacity)
                        .setCloseHeight(transaction.height)
                        .setSettledBalance(settledBalance)
                        .setTimeLockedBalance(timeLocked())
                        .setCloseType(type)
                        .setOpenInitiator(channel.initiator())
                        .setCloseInitiator(
                                isByUs ? Initiator.INITIATOR_LOCAL : Initiator.INITIATOR_REMOTE);
        return withResolutions ? summary.addAllResolutions(resolutions).build() : summary.build();
    }
}
