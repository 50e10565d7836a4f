package tallystick.reconcile;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tallystick.db.write.NodeRepository;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.item.NodeFacts;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.ChannelRecord;
import tallystick.proto.v1.Envelope;
import tallystick.proto.v1.ForwardRecord;
import tallystick.proto.v1.Initiator;

/// Forwards, channels and wallet transactions, as nodes report them.
final class NodeFactsCodec {
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
        NodeFacts.Channel facts =
                new NodeFacts.Channel(
                        stage(record),
                        Msat.ofSat(record.getCapacitySat()),
                        Msat.ofSat(record.getPushSat()),
                        record.getPushKnown(),
                        opener(record.getOpener()),
                        record.getClosingTxid());
        List<Statement> statements = new ArrayList<>();
        statements.add(statement(ItemKey.of(node, channel), record.getEnvelope(), facts));
        if (facts.opener() == NodeFacts.Channel.Opener.LOCAL
                && facts.stage() != NodeFacts.Channel.Stage.OPEN_FAILED
                && !facts.capacity().isZero()) {
            // The capacity leaves the wallet with the funding transaction, so it is that item's.
            statements.add(
                    statement(
                            ItemKey.of(node, new Reference.Tx(channel.txid())),
                            record.getEnvelope(),
                            funding(channel.point(), facts.capacity())));
        }
        List<NodeRepository.Alias> aliases = new ArrayList<>();
        addAlias(aliases, node, record.getChanId(), channel.point());
        record.getAliasChanIdsList()
                .forEach(alias -> addAlias(aliases, node, alias, channel.point()));
        return new Decoded.Statements(statements, aliases);
    }

    private static NodeFacts funding(String channelPoint, Msat capacity) {
        return new NodeFacts.ChainTx(
                false,
                0,
                NodeFacts.ChainTx.Standing.UNCONFIRMED,
                0,
                Instant.EPOCH,
                "",
                new TreeMap<>(Map.of(channelPoint, capacity)));
    }

    private static void addAlias(
            List<NodeRepository.Alias> aliases, NodeId node, long chanId, String point) {
        if (chanId != 0) {
            aliases.add(new NodeRepository.Alias(node.pubkey(), chanId, point));
        }
    }

    private static NodeFacts.Channel.Stage stage(ChannelRecord record) {
        return switch (record.getState()) {
            case CHANNEL_STATE_PENDING_OPEN -> NodeFacts.Channel.Stage.PENDING_OPEN;
            case CHANNEL_STATE_OPEN -> NodeFacts.Channel.Stage.OPEN;
            case CHANNEL_STATE_CLOSING -> NodeFacts.Channel.Stage.CLOSING;
            case CHANNEL_STATE_FORCE_CLOSING -> NodeFacts.Channel.Stage.FORCE_CLOSING;
            case CHANNEL_STATE_CLOSED -> NodeFacts.Channel.Stage.CLOSED;
            case CHANNEL_STATE_OPEN_FAILED -> NodeFacts.Channel.Stage.OPEN_FAILED;
            case CHANNEL_STATE_UNSPECIFIED, UNRECOGNIZED ->
                    throw RecordCodec.unknown("state", record.getStateValue());
        };
    }

    private static NodeFacts.Channel.Opener opener(Initiator initiator) {
        return switch (initiator) {
            case INITIATOR_LOCAL -> NodeFacts.Channel.Opener.LOCAL;
            case INITIATOR_REMOTE -> NodeFacts.Channel.Opener.REMOTE;
            case INITIATOR_UNSPECIFIED, INITIATOR_BOTH, UNRECOGNIZED ->
                    NodeFacts.Channel.Opener.UNKNOWN;
        };
    }

    static Decoded.Statements chain(ChainRecord record) {
        NodeFacts.ChainTx.Standing standing =
                record.getIsConfirmed()
                        ? NodeFacts.ChainTx.Standing.CONFIRMED
                        : NodeFacts.ChainTx.Standing.UNCONFIRMED;
        NodeFacts facts =
                new NodeFacts.ChainTx(
                        true,
                        record.getChangeSat(),
                        record.getIsGone() ? NodeFacts.ChainTx.Standing.GONE : standing,
                        record.getBlockHeight(),
                        Times.ofSeconds(record.getTime()),
                        record.getLabel(),
                        Collections.emptySortedMap());
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
