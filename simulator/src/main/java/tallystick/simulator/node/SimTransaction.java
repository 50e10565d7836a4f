package tallystick.simulator.node;

import java.util.List;
import tallystick.proto.lnrpc.OutputDetail;
import tallystick.proto.lnrpc.OutputScriptType;
import tallystick.proto.lnrpc.PreviousOutPoint;
import tallystick.proto.lnrpc.Transaction;

/// A transaction, in the chain or on its way there. Changes in place; belongs to the node's lock.
final class SimTransaction {
    /// @param sats 0 when it is not the wallet's
    record Input(String outpoint, boolean isOurs, long sats) {}

    record Output(long sats, boolean isOurs, OutputScriptType type) {
        static Output ours(long sats) {
            return new Output(sats, true, OutputScriptType.SCRIPT_TYPE_WITNESS_V1_TAPROOT);
        }

        static Output theirs(long sats) {
            return new Output(sats, false, OutputScriptType.SCRIPT_TYPE_WITNESS_V1_TAPROOT);
        }

        static Output script(long sats) {
            return new Output(sats, false, OutputScriptType.SCRIPT_TYPE_WITNESS_V0_SCRIPT_HASH);
        }
    }

    /// Whether and how the wallet sees it.
    enum Sight {
        SEEN,
        /// Listed when it is broadcast; its confirmation is never seen.
        BROADCAST_ONLY,
        UNSEEN
    }

    final String txid;
    final List<Input> inputs;
    final List<Output> outputs;
    final Sight sight;
    final long broadcastAt;

    /// What lnd calls it, once it does.
    String label;

    /// 0 while it is not in a block.
    int height;

    String blockHash = "";
    long blockTime;

    SimTransaction(
            String txid,
            List<Input> inputs,
            List<Output> outputs,
            Sight sight,
            String label,
            long broadcastAt) {
        this.txid = txid;
        this.inputs = List.copyOf(inputs);
        this.outputs = List.copyOf(outputs);
        this.sight = sight;
        this.label = label;
        this.broadcastAt = broadcastAt;
    }

    String outpoint(int output) {
        return txid + ":" + output;
    }

    boolean isConfirmed() {
        return height > 0;
    }

    /// What it changes in the wallet.
    long amount() {
        return outputs.stream().filter(Output::isOurs).mapToLong(Output::sats).sum()
                - inputs.stream().filter(Input::isOurs).mapToLong(Input::sats).sum();
    }

    boolean conflictsWith(SimTransaction other) {
        return other != this
                && inputs.stream()
                        .anyMatch(
                                each ->
                                        other.inputs.stream()
                                                .anyMatch(
                                                        their ->
                                                                their.outpoint()
                                                                        .equals(each.outpoint())));
    }

    /// lnd knows the fee only when all that is spent is its own.
    private long knownFee() {
        return inputs.stream().allMatch(Input::isOurs)
                ? inputs.stream().mapToLong(Input::sats).sum()
                        - outputs.stream().mapToLong(Output::sats).sum()
                : 0;
    }

    /// @param tip the chain's height
    Transaction message(int tip, String shownLabel, boolean withUnknownField) {
        boolean isShownConfirmed = isConfirmed() && sight == Sight.SEEN;
        Transaction.Builder message =
                Transaction.newBuilder()
                        .setTxHash(txid)
                        .setAmount(amount())
                        .setNumConfirmations(isShownConfirmed ? tip - height + 1 : 0)
                        .setBlockHash(isShownConfirmed ? blockHash : "")
                        .setBlockHeight(isShownConfirmed ? height : 0)
                        .setTimeStamp(isShownConfirmed ? blockTime : broadcastAt)
                        .setTotalFees(knownFee())
                        .setRawTxHex("0200000000" + txid)
                        .setLabel(shownLabel);
        for (int i = 0; i < outputs.size(); i++) {
            Output output = outputs.get(i);
            String script = (output.isOurs() ? "5120" : "0020") + txid;
            message.addDestAddresses("bcrt1p" + txid.substring(i));
            message.addOutputDetails(
                    OutputDetail.newBuilder()
                            .setOutputType(output.type())
                            .setAddress("bcrt1p" + txid.substring(i))
                            .setPkScript(script)
                            .setOutputIndex(i)
                            .setAmount(output.sats())
                            .setIsOurAddress(output.isOurs()));
        }
        for (Input input : inputs) {
            message.addPreviousOutpoints(
                    PreviousOutPoint.newBuilder()
                            .setOutpoint(input.outpoint())
                            .setIsOurOutput(input.isOurs()));
        }
        if (withUnknownField) {
            message.setUnknownFields(Unknown.FIELDS);
        }
        return message.build();
    }
}
