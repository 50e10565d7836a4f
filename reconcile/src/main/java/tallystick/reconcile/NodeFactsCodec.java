package tallystick.reconcile;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import tallystick.db.write.NodeRepository;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.item.ChainTx;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.NodeFacts;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.ChannelPendingHtlc;
import tallystick.proto.v1.ChannelRecord;
import tallystick.proto.v1.ChannelResolution;
import tallystick.proto.v1.Envelope;
import tallystick.proto.v1.ForwardRecord;
import tallystick.proto.v1.Initiator;

/// Forwards, channels and wallet transactions, as nodes report them.
final class NodeFactsCodec {
    /// lnd's word for a close by a state that was no longer valid.
    private static final String BREACH = "BREACH_CLOSE";

    private NodeFactsCodec() {}

    static Decoded.Statements forward(ForwardRecord record) {
        NodeId node = RecordCodec.node(record.getEnvelope());
        String htlcIn =
                record.getHasHtlcId()
                        ? Long.toUnsignedString(record.getHtlcIdIn())
                        : "t" + record.getLegacyId().replace(':', '-');
        ItemKey key =
                ItemKey.of(
                        node,
                        new Reference.Forward(Long.toUnsignedString(record.getChanIdIn()), htlcIn));
        NodeFacts facts =
                new NodeFacts.Forward(
                        record.getChanIdIn(),
                        record.getChanIdOut(),
                        Msat.of(record.getAmountInMsat()),
                        Msat.of(record.getAmountOutMsat()),
                        Times.ofNanos(record.getSettledAtNs()));
        return Decoded.Statements.of(statement(key, record.getEnvelope(), facts));
    }

    static Decoded.Statements channel(ChannelRecord record) {
        NodeId node = RecordCodec.node(record.getEnvelope());
        Reference.Channel channel = Reference.Channel.ofPoint(record.getChannelPoint());
        Channel facts = facts(record);
        List<Statement> statements = new ArrayList<>();
        statements.add(statement(ItemKey.of(node, channel), record.getEnvelope(), facts));
        if (facts.opener() == Channel.Opener.LOCAL
                && facts.stage() != Channel.Stage.OPEN_FAILED
                && !facts.capacity().isZero()) {
            // The capacity leaves the wallet with the funding transaction, so it is that item's.
            statements.add(
                    statement(
                            ItemKey.of(node, new Reference.Tx(channel.txid())),
                            record.getEnvelope(),
                            ChainTx.funding(channel.point(), facts.capacity())));
        }
        List<NodeRepository.Alias> aliases = new ArrayList<>();
        facts.chanIds()
                .forEach(
                        id ->
                                aliases.add(
                                        new NodeRepository.Alias(
                                                node.pubkey(), id, channel.point())));
        return new Decoded.Statements(statements, aliases);
    }

    private static Channel facts(ChannelRecord record) {
        Channel.Stage stage = stage(record);
        Instant seenAt = Times.ofNanos(record.getEnvelope().getObservedAtNs());
        SortedSet<Long> chanIds = new TreeSet<>(record.getAliasChanIdsList());
        chanIds.add(record.getChanId());
        chanIds.remove(0L);
        boolean wasOpen = stage != Channel.Stage.PENDING_OPEN && stage != Channel.Stage.OPEN_FAILED;
        return new Channel(
                stage,
                seenAt,
                wasOpen ? Optional.of(seenAt) : Optional.empty(),
                Msat.ofSat(record.getCapacitySat()),
                Msat.ofSat(record.getPushSat()),
                record.getPushKnown(),
                opener(record.getOpener()),
                chanIds,
                close(record, stage, seenAt),
                Channel.Links.NONE);
    }

    private static Channel.Close close(ChannelRecord record, Channel.Stage stage, Instant seenAt) {
        SortedMap<Channel.Stage, String> txids = new TreeMap<>();
        if (!record.getClosingTxid().isEmpty()) {
            txids.put(stage, new Reference.Tx(record.getClosingTxid()).txid());
        }
        SortedMap<String, Channel.Resolution> resolutions = new TreeMap<>();
        for (ChannelResolution one : record.getResolutionsList()) {
            resolutions.put(
                    one.getOutpoint(),
                    new Channel.Resolution(
                            one.getType(),
                            one.getOutcome(),
                            one.getAmountSat(),
                            one.getSweepTxid()));
        }
        SortedMap<String, Channel.PendingHtlc> htlcs = new TreeMap<>();
        for (ChannelPendingHtlc one : record.getPendingHtlcsList()) {
            htlcs.put(
                    one.getOutpoint(),
                    new Channel.PendingHtlc(
                            one.getIsIncoming(),
                            one.getAmountSat(),
                            one.getMaturityHeight(),
                            one.getStage()));
        }
        return new Channel.Close(
                txids,
                record.getCloseType(),
                resolutions,
                new Channel.Pending(
                        record.getRecoveredSat(),
                        record.getLimboSat(),
                        record.getMaturityHeight(),
                        htlcs),
                record.getCloseType().equals(BREACH) ? Optional.of(seenAt) : Optional.empty());
    }

    private static Channel.Stage stage(ChannelRecord record) {
        return switch (record.getState()) {
            case CHANNEL_STATE_PENDING_OPEN -> Channel.Stage.PENDING_OPEN;
            case CHANNEL_STATE_OPEN -> Channel.Stage.OPEN;
            case CHANNEL_STATE_CLOSING -> Channel.Stage.CLOSING;
            case CHANNEL_STATE_FORCE_CLOSING -> Channel.Stage.FORCE_CLOSING;
            case CHANNEL_STATE_CLOSED -> Channel.Stage.CLOSED;
            case CHANNEL_STATE_OPEN_FAILED -> Channel.Stage.OPEN_FAILED;
            case CHANNEL_STATE_UNSPECIFIED, UNRECOGNIZED ->
                    throw RecordCodec.unknown("state", record.getStateValue());
        };
    }

    private static Channel.Opener opener(Initiator initiator) {
        return switch (initiator) {
            case INITIATOR_LOCAL -> Channel.Opener.LOCAL;
            case INITIATOR_REMOTE -> Channel.Opener.REMOTE;
            case INITIATOR_UNSPECIFIED, INITIATOR_BOTH, UNRECOGNIZED -> Channel.Opener.UNKNOWN;
        };
    }

    /// In the form of a channel point, which is one.
    private static String outpoint(String text) {
        return Reference.Channel.ofPoint(text).point();
    }

    static Decoded.Statements chain(ChainRecord record) {
        ChainTx.Standing standing =
                record.getIsConfirmed() ? ChainTx.Standing.CONFIRMED : ChainTx.Standing.UNCONFIRMED;
        SortedMap<String, Boolean> inputs = new TreeMap<>();
        record.getInputsList()
                .forEach(input -> inputs.put(outpoint(input.getOutpoint()), input.getIsOurs()));
        SortedMap<Integer, Long> outputs = new TreeMap<>();
        if (ChainTx.isOfClose(record.getLabel())) {
            record.getOutputsList()
                    .forEach(output -> outputs.put(output.getIndex(), output.getAmountSat()));
        }
        ChainTx.Look look =
                new ChainTx.Look(
                        record.getIsGone() ? ChainTx.Standing.GONE : standing,
                        record.getBlockHeight(),
                        record.getChangeSat(),
                        Times.ofSeconds(record.getTime()));
        SortedMap<ChainTx.Look, Instant> seen =
                new TreeMap<>(Map.of(look, Times.ofNanos(record.getEnvelope().getObservedAtNs())));
        NodeFacts facts =
                new ChainTx(
                        seen,
                        record.getStoodOtherwise() ? seen : Collections.emptySortedMap(),
                        record.getLabel(),
                        Collections.emptySortedMap(),
                        inputs,
                        outputs,
                        ChainTx.Links.NONE);
        ItemKey key =
                ItemKey.of(
                        RecordCodec.node(record.getEnvelope()), new Reference.Tx(record.getTxid()));
        return Decoded.Statements.of(statement(key, record.getEnvelope(), facts));
    }

    private static Statement statement(ItemKey key, Envelope envelope, NodeFacts facts) {
        return new Statement(
                key,
                envelope.getNode(),
                Times.ofNanos(envelope.getObservedAtNs()),
                item -> item.with(facts));
    }
}
