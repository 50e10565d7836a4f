package tallystick.serve.ledger;

import tallystick.db.report.ProofsReading;
import tallystick.ledger.proof.Proof;
import tallystick.ledger.proof.Total;
import tallystick.proto.v1.Bridge;
import tallystick.proto.v1.ChannelProof;
import tallystick.proto.v1.Comparison;
import tallystick.proto.v1.Movement;
import tallystick.proto.v1.NodeProof;
import tallystick.proto.v1.ProveResponse;

/// Stored proofs as messages.
final class ProofMessages {
    private ProofMessages() {}

    static ProveResponse reading(ProofsReading reading) {
        return ProveResponse.newBuilder()
                .setFoots(reading.foots())
                .setLedgerSequence(reading.sequence())
                .setClearingMsat(reading.clearingMsat().toString())
                .setItemsMsat(reading.itemsMsat().toString())
                .setTrialBalanceMsat(reading.trialBalanceMsat().toString())
                .addAllNodes(reading.nodes().stream().map(ProofMessages::node).toList())
                .build();
    }

    private static NodeProof node(ProofsReading.NodeProof node) {
        NodeProof.Builder message =
                NodeProof.newBuilder()
                        .setNode(node.pubkey())
                        .setAlias(node.alias())
                        .setFoots(node.foots());
        node.stored().ifPresent(stored -> add(message, stored));
        return message.build();
    }

    private static void add(NodeProof.Builder message, ProofsReading.Stored stored) {
        Proof proof = stored.proven().proof();
        message.setObservedAtNs(LedgerMessages.nanos(proof.reading().observedAt()))
                .addAllChannels(proof.channels().stream().map(ProofMessages::channel).toList())
                .setWallet(comparison(proof.wallet()))
                .setChannelsBridge(bridge(stored.channels()))
                .setWalletBridge(bridge(stored.wallet()));
        proof.local().ifPresent(total -> message.setChannelsTotal(comparison(total)));
    }

    private static ChannelProof channel(tallystick.ledger.proof.ChannelProof channel) {
        ChannelProof.Builder message =
                ChannelProof.newBuilder()
                        .setChannelPoint(channel.channelPoint())
                        .setLedgerMsat(channel.ledgerMsat())
                        .setExplanation(channel.explanation());
        channel.residualMsat().ifPresent(message::setResidualMsat);
        return message.build();
    }

    private static Comparison comparison(Total total) {
        return Comparison.newBuilder()
                .setLedgerMsat(total.ledgerMsat())
                .setNodeMsat(total.nodeMsat())
                .setResidualMsat(total.residualMsat())
                .setExplanation(total.explanation())
                .build();
    }

    private static Bridge bridge(ProofsReading.Bridge bridge) {
        return Bridge.newBuilder()
                .setOpeningMsat(bridge.openingMsat().toString())
                .addAllMovements(bridge.movements().stream().map(ProofMessages::movement).toList())
                .setClosingMsat(bridge.closingMsat().toString())
                .build();
    }

    private static Movement movement(ProofsReading.Movement movement) {
        return Movement.newBuilder()
                .setCategory(movement.category())
                .setMsat(movement.msat().toString())
                .setTransfers(movement.transfers())
                .build();
    }
}
