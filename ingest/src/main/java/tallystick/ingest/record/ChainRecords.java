package tallystick.ingest.record;

import java.util.List;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.proto.lnrpc.OutputDetail;
import tallystick.proto.lnrpc.PreviousOutPoint;
import tallystick.proto.lnrpc.Transaction;
import tallystick.proto.v1.ChainInput;
import tallystick.proto.v1.ChainOutput;
import tallystick.proto.v1.ChainRecord;

/// A transaction of the node's wallet, in our words.
public final class ChainRecords {
    private ChainRecords() {}

    static List<NodeRecord> of(NodeId node, Transaction transaction) {
        // The number of confirmations is left out: it changes with each block and says no more than
        // the block's height.
        return List.of(
                record(
                        node,
                        ChainRecord.newBuilder()
                                .setTxid(transaction.getTxHash())
                                .setChangeSat(transaction.getAmount())
                                .setIsConfirmed(transaction.getNumConfirmations() > 0)
                                .setBlockHash(transaction.getBlockHash())
                                .setBlockHeight(Math.max(transaction.getBlockHeight(), 0))
                                .setTime(transaction.getTimeStamp())
                                .setFeeSat(
                                        Lnd.nonNegative("total_fees", transaction.getTotalFees()))
                                .setLabel(transaction.getLabel())
                                .addAllOutputs(
                                        transaction.getOutputDetailsList().stream()
                                                .map(ChainRecords::output)
                                                .toList())
                                .addAllInputs(
                                        transaction.getPreviousOutpointsList().stream()
                                                .map(ChainRecords::input)
                                                .toList())
                                .build()));
    }

    /// That the node no longer lists the transaction.
    public static NodeRecord gone(NodeId node, ChainRecord lastSeen) {
        return record(
                node,
                lastSeen.toBuilder().clearEnvelope().clearStoodOtherwise().setIsGone(true).build());
    }

    private static NodeRecord record(NodeId node, ChainRecord facts) {
        String reference = new Reference.Tx(facts.getTxid()).text();
        return new NodeRecord(Topic.CHAIN, RecordKeys.of(node), reference, reference, facts);
    }

    private static ChainOutput output(OutputDetail output) {
        return ChainOutput.newBuilder()
                .setIndex(Math.toIntExact(output.getOutputIndex()))
                .setAmountSat(Lnd.nonNegative("output amount", output.getAmount()))
                .setIsOurs(output.getIsOurAddress())
                .setAddress(output.getAddress())
                .build();
    }

    private static ChainInput input(PreviousOutPoint input) {
        return ChainInput.newBuilder()
                .setOutpoint(input.getOutpoint())
                .setIsOurs(input.getIsOurOutput())
                .build();
    }
}
