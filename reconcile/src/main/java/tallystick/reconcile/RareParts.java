package tallystick.reconcile;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.ledger.NodeId;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.item.ChainTx;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NodeFacts;
import tallystick.proto.storage.v1.StoredRareParts;
import tallystick.proto.storage.v1.StoredRefused;

/// The parts of a stored item that few items have, as a message within its body.
final class RareParts {
    private RareParts() {}

    static StoredRareParts parse(byte[] bytes) {
        try {
            return StoredRareParts.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(
                    "item: unreadable rare parts (expected: StoredRareParts)", e);
        }
    }

    static StoredRareParts encode(Item item) {
        StoredRareParts.Builder stored = StoredRareParts.newBuilder();
        item.facts().ifPresent(facts -> put(stored, facts));
        item.decisions()
                .values()
                .forEach(decision -> stored.addDecisions(DecisionCodec.encode(decision)));
        return stored.build();
    }

    static SortedMap<String, Decision> decisions(StoredRareParts stored) {
        SortedMap<String, Decision> decisions = new TreeMap<>();
        stored.getDecisionsList()
                .forEach(one -> decisions.put(one.getDecisionId(), DecisionCodec.decode(one)));
        return decisions;
    }

    static Optional<NodeFacts> facts(StoredRareParts stored) {
        return switch (stored.getFactsCase()) {
            case CHAIN_TX -> Optional.of(ChainParts.transaction(stored.getChainTx()));
            case CHANNEL -> Optional.of(ChainParts.channel(stored.getChannel()));
            case REFUSED -> Optional.of(refused(stored.getRefused()));
            case FOLLOWED -> Optional.of(GapsCodec.followed(stored.getFollowed()));
            case FACTS_NOT_SET -> Optional.empty();
        };
    }

    private static NodeFacts refused(StoredRefused refused) {
        return new NodeFacts.Refused(
                refused.hasNode() ? Optional.of(new NodeId(refused.getNode())) : Optional.empty(),
                Times.ofNanos(refused.getSeenAtNs()),
                refused.getReason(),
                Times.ofNanos(refused.getTriedAtNs()),
                refused.getIsUnknown(),
                refused.getIsApplied());
    }

    private static void put(StoredRareParts.Builder stored, NodeFacts facts) {
        switch (facts) {
            case NodeFacts.Forward _ -> {
                // A part of its own.
            }
            case ChainTx tx -> stored.setChainTx(ChainParts.stored(tx));
            case NodeFacts.Followed followed -> stored.setFollowed(GapsCodec.stored(followed));
            case NodeFacts.Refused refused -> {
                StoredRefused.Builder one =
                        StoredRefused.newBuilder()
                                .setSeenAtNs(Times.nanos(refused.seenAt()))
                                .setReason(refused.reason())
                                .setTriedAtNs(Times.nanos(refused.triedAt()))
                                .setIsUnknown(refused.isUnknown())
                                .setIsApplied(refused.isApplied());
                refused.node().ifPresent(node -> one.setNode(node.pubkey()));
                stored.setRefused(one);
            }
            case Channel channel -> stored.setChannel(ChainParts.stored(channel));
        }
    }
}
