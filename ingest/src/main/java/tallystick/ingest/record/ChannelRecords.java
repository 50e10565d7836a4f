package tallystick.ingest.record;

import java.util.List;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.proto.lnrpc.Channel;
import tallystick.proto.lnrpc.ChannelCloseSummary;
import tallystick.proto.lnrpc.ChannelEventUpdate;
import tallystick.proto.lnrpc.ChannelPoint;
import tallystick.proto.lnrpc.CommitmentType;
import tallystick.proto.lnrpc.OutPoint;
import tallystick.proto.lnrpc.PendingChannelsResponse.ForceClosedChannel;
import tallystick.proto.lnrpc.PendingChannelsResponse.ForceClosedChannel.AnchorState;
import tallystick.proto.lnrpc.PendingChannelsResponse.PendingChannel;
import tallystick.proto.lnrpc.PendingChannelsResponse.PendingOpenChannel;
import tallystick.proto.lnrpc.PendingChannelsResponse.WaitingCloseChannel;
import tallystick.proto.lnrpc.PendingHTLC;
import tallystick.proto.lnrpc.PendingUpdate;
import tallystick.proto.lnrpc.Resolution;
import tallystick.proto.v1.ChannelPendingHtlc;
import tallystick.proto.v1.ChannelRecord;
import tallystick.proto.v1.ChannelResolution;
import tallystick.proto.v1.ChannelState;
import tallystick.proto.v1.Initiator;

/// A channel, in our words.
final class ChannelRecords {
    /// What an anchor of a commitment holds. Unit: sat.
    private static final long ANCHOR_SAT = 330;

    private ChannelRecords() {}

    /// What an event of the stream says; nothing where it says nothing that lasts.
    static List<NodeRecord> ofEvent(NodeId node, ChannelEventUpdate event) {
        return switch (event.getChannelCase()) {
            case OPEN_CHANNEL -> ofOpen(node, event.getOpenChannel());
            case CLOSED_CHANNEL -> ofCloseEvent(node, event.getClosedChannel());
            case PENDING_OPEN_CHANNEL ->
                    record(
                            node,
                            state(
                                    point(event.getPendingOpenChannel()),
                                    ChannelState.CHANNEL_STATE_PENDING_OPEN));
            case CHANNEL_FUNDING_TIMEOUT ->
                    record(
                            node,
                            state(
                                    point(event.getChannelFundingTimeout()),
                                    ChannelState.CHANNEL_STATE_OPEN_FAILED));
            // Whether it is active comes and goes; a step of its commitment is in the balances; how
            // it was resolved is
            // in the list of closed channels, which the next sweep reads.
            case ACTIVE_CHANNEL,
                    INACTIVE_CHANNEL,
                    FULLY_RESOLVED_CHANNEL,
                    UPDATED_CHANNEL,
                    CHANNEL_NOT_SET ->
                    List.of();
        };
    }

    static List<NodeRecord> ofOpen(NodeId node, Channel channel) {
        ChannelRecord.Builder record =
                state(channel.getChannelPoint(), ChannelState.CHANNEL_STATE_OPEN)
                        .setChanId(channel.getChanId())
                        .addAllAliasChanIds(channel.getAliasScidsList())
                        .setCapacitySat(Lnd.nonNegative("capacity", channel.getCapacity()))
                        .setPushSat(channel.getPushAmountSat())
                        .setPushKnown(true)
                        .setOpener(
                                channel.getInitiator()
                                        ? Initiator.INITIATOR_LOCAL
                                        : Initiator.INITIATOR_REMOTE)
                        .setPeer(channel.getRemotePubkey());
        addConfirmedId(record, channel.getZeroConfConfirmedScid());
        return record(node, record);
    }

    static List<NodeRecord> ofPendingOpen(NodeId node, PendingOpenChannel pending) {
        return record(node, pending(pending.getChannel(), ChannelState.CHANNEL_STATE_PENDING_OPEN));
    }

    static List<NodeRecord> ofWaitingClose(NodeId node, WaitingCloseChannel waiting) {
        return record(
                node,
                pending(waiting.getChannel(), ChannelState.CHANNEL_STATE_CLOSING)
                        .setClosingTxid(Lnd.txidOrEmpty(waiting.getClosingTxid())));
    }

    /// How many blocks are left is left out: it changes with each block and says no more than the height does.
    static List<NodeRecord> ofForceClosing(NodeId node, ForceClosedChannel closing) {
        return record(
                node,
                pending(closing.getChannel(), ChannelState.CHANNEL_STATE_FORCE_CLOSING)
                        .setClosingTxid(Lnd.txidOrEmpty(closing.getClosingTxid()))
                        .setLimboSat(limboSat(closing))
                        .setRecoveredSat(
                                Lnd.nonNegative("recovered_balance", closing.getRecoveredBalance()))
                        .setMaturityHeight(closing.getMaturityHeight())
                        .addAllPendingHtlcs(
                                closing.getPendingHtlcsList().stream()
                                        .map(ChannelRecords::pendingHtlc)
                                        .toList()));
    }

    /// lnd counts the anchor in as long as nobody took it, though it comes back only where it paid for something.
    private static long limboSat(ForceClosedChannel closing) {
        long limbo = Lnd.nonNegative("limbo_balance", closing.getLimboBalance());
        boolean isAnchorIn =
                closing.getAnchor() == AnchorState.LIMBO
                        && hasAnchors(closing.getChannel().getCommitmentType());
        return isAnchorIn ? Math.max(limbo - ANCHOR_SAT, 0) : limbo;
    }

    private static boolean hasAnchors(CommitmentType type) {
        return switch (type) {
            case UNKNOWN_COMMITMENT_TYPE, LEGACY, STATIC_REMOTE_KEY -> false;
            default -> true;
        };
    }

    private static ChannelPendingHtlc pendingHtlc(PendingHTLC htlc) {
        return ChannelPendingHtlc.newBuilder()
                .setOutpoint(htlc.getOutpoint())
                .setIsIncoming(htlc.getIncoming())
                .setAmountSat(Lnd.nonNegative("amount", htlc.getAmount()))
                .setMaturityHeight(htlc.getMaturityHeight())
                .setStage(htlc.getStage())
                .build();
    }

    /// An element of the list of closed channels, which holds a channel only when nothing is left to come back.
    static List<NodeRecord> ofClosed(NodeId node, ChannelCloseSummary summary) {
        ChannelState state =
                summary.getCloseType() == ChannelCloseSummary.ClosureType.FUNDING_CANCELED
                        ? ChannelState.CHANNEL_STATE_OPEN_FAILED
                        : ChannelState.CHANNEL_STATE_CLOSED;
        return record(node, closed(summary, state));
    }

    /// The event comes when the close is confirmed: after a close by force, outputs are still to come back, and after a
    /// close by agreement it comes at the first confirmation, before the node lists the channel as closed.
    private static List<NodeRecord> ofCloseEvent(NodeId node, ChannelCloseSummary summary) {
        ChannelState state =
                switch (summary.getCloseType()) {
                    case LOCAL_FORCE_CLOSE, REMOTE_FORCE_CLOSE, BREACH_CLOSE ->
                            ChannelState.CHANNEL_STATE_FORCE_CLOSING;
                    case COOPERATIVE_CLOSE, UNRECOGNIZED -> ChannelState.CHANNEL_STATE_CLOSING;
                    case FUNDING_CANCELED -> ChannelState.CHANNEL_STATE_OPEN_FAILED;
                    case ABANDONED -> ChannelState.CHANNEL_STATE_CLOSED;
                };
        return record(node, closed(summary, state));
    }

    private static ChannelRecord.Builder closed(ChannelCloseSummary summary, ChannelState state) {
        ChannelRecord.Builder record =
                state(summary.getChannelPoint(), state)
                        .setChanId(summary.getChanId())
                        .addAllAliasChanIds(summary.getAliasScidsList())
                        .setCapacitySat(Lnd.nonNegative("capacity", summary.getCapacity()))
                        .setOpener(opener(summary.getOpenInitiator()))
                        .setPeer(summary.getRemotePubkey())
                        .setClosingTxid(Lnd.txidOrEmpty(summary.getClosingTxHash()))
                        .setCloseType(
                                EnumNames.of(summary.getCloseType(), summary.getCloseTypeValue()))
                        .setCloseHeight(summary.getCloseHeight())
                        .setSettledBalanceSat(
                                Lnd.nonNegative("settled_balance", summary.getSettledBalance()))
                        .setTimeLockedBalanceSat(
                                Lnd.nonNegative(
                                        "time_locked_balance", summary.getTimeLockedBalance()));
        addConfirmedId(record, summary.getZeroConfConfirmedScid());
        summary.getResolutionsList().stream()
                .map(ChannelRecords::resolution)
                .forEach(record::addResolutions);
        return record;
    }

    private static ChannelRecord.Builder pending(PendingChannel channel, ChannelState state) {
        return state(channel.getChannelPoint(), state)
                .setCapacitySat(Lnd.nonNegative("capacity", channel.getCapacity()))
                .setOpener(opener(channel.getInitiator()))
                .setPeer(channel.getRemoteNodePub());
    }

    private static ChannelRecord.Builder state(String point, ChannelState state) {
        return ChannelRecord.newBuilder().setChannelPoint(point).setState(state);
    }

    /// The state is part of the natural key: while a channel changes hands between two of the node's lists it can be in
    /// both, and neither shall look like news of the other.
    private static List<NodeRecord> record(NodeId node, ChannelRecord.Builder facts) {
        Reference.Channel reference = Reference.Channel.ofPoint(facts.getChannelPoint());
        return List.of(
                new NodeRecord(
                        Topic.CHANNELS,
                        RecordKeys.of(node),
                        reference.text() + "/" + facts.getState().getNumber(),
                        reference.text(),
                        facts.setChannelPoint(reference.point()).build()));
    }

    private static void addConfirmedId(ChannelRecord.Builder record, long confirmed) {
        if (confirmed != 0 && confirmed != record.getChanId()) {
            record.addAliasChanIds(confirmed);
        }
    }

    private static ChannelResolution resolution(Resolution resolution) {
        return ChannelResolution.newBuilder()
                .setType(
                        EnumNames.of(
                                resolution.getResolutionType(),
                                resolution.getResolutionTypeValue()))
                .setOutcome(EnumNames.of(resolution.getOutcome(), resolution.getOutcomeValue()))
                .setOutpoint(outpoint(resolution.getOutpoint()))
                .setAmountSat(resolution.getAmountSat())
                .setSweepTxid(Lnd.txidOrEmpty(resolution.getSweepTxid()))
                .build();
    }

    private static String outpoint(OutPoint outpoint) {
        String txid =
                outpoint.getTxidStr().isEmpty()
                        ? Lnd.txid(outpoint.getTxidBytes())
                        : outpoint.getTxidStr();
        return txid + ":" + Integer.toUnsignedString(outpoint.getOutputIndex());
    }

    private static String point(PendingUpdate update) {
        return Lnd.txid(update.getTxid()) + ":" + Integer.toUnsignedString(update.getOutputIndex());
    }

    private static String point(ChannelPoint point) {
        String txid =
                point.hasFundingTxidStr()
                        ? point.getFundingTxidStr()
                        : Lnd.txid(point.getFundingTxidBytes());
        return txid + ":" + Integer.toUnsignedString(point.getOutputIndex());
    }

    private static Initiator opener(tallystick.proto.lnrpc.Initiator initiator) {
        return switch (initiator) {
            case INITIATOR_LOCAL -> Initiator.INITIATOR_LOCAL;
            case INITIATOR_REMOTE -> Initiator.INITIATOR_REMOTE;
            case INITIATOR_BOTH -> Initiator.INITIATOR_BOTH;
            case INITIATOR_UNKNOWN, UNRECOGNIZED -> Initiator.INITIATOR_UNSPECIFIED;
        };
    }
}
