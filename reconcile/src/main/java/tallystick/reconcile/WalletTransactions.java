package tallystick.reconcile;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import tallystick.db.write.NodeRepository;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.item.ChainTx;
import tallystick.ledger.item.Item;
import tallystick.proto.v1.ChainInput;
import tallystick.proto.v1.ChainOutput;
import tallystick.proto.v1.ChainRecord;

/// What of a wallet's transactions explains its total while they are not confirmed.
final class WalletTransactions {
    private WalletTransactions() {}

    /// @param record of the chain topic, and decoded before
    static NodeRepository.Transaction of(ConsumerRecord<byte[], byte[]> record) {
        try {
            return of(ChainRecord.parseFrom(record.value()));
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException("record: unreadable (expected: decoded before)", e);
        }
    }

    /// Those of a batch as they stand by all that is known: a record may be older than another that came before it.
    ///
    /// @param work merged
    static List<NodeRepository.Transaction> asTheyStand(Work work) {
        return work.transactions.stream().map(one -> asItStands(work, one)).toList();
    }

    private static NodeRepository.Transaction asItStands(
            Work work, NodeRepository.Transaction told) {
        ItemKey key = ItemKey.of(new NodeId(told.node()), new Reference.Tx(told.txid()));
        Item item = work.item(ByteString.copyFrom(Digests.itemKey(key))).item();
        if (!(item.facts().orElse(null) instanceof ChainTx tx)) {
            throw new IllegalStateException(
                    "transaction %s: not merged (expected: before)".formatted(told.txid()));
        }
        return new NodeRepository.Transaction(
                told.node(),
                told.txid(),
                tx.standing() == ChainTx.Standing.UNCONFIRMED,
                Math.multiplyExact(tx.changeSat(), Msat.PER_SAT),
                told.inputsMsat(),
                told.outpoints());
    }

    private static NodeRepository.Transaction of(ChainRecord record) {
        boolean areOurs =
                record.getInputsCount() > 0
                        && record.getInputsList().stream().allMatch(ChainInput::getIsOurs);
        return new NodeRepository.Transaction(
                record.getEnvelope().getNode(),
                record.getTxid(),
                !record.getIsConfirmed() && !record.getIsGone(),
                Math.multiplyExact(record.getChangeSat(), Msat.PER_SAT),
                areOurs ? inputsMsat(record) : 0,
                record.getInputsList().stream().map(ChainInput::getOutpoint).toList());
    }

    /// What is spent comes out again, but for the fee.
    private static long inputsMsat(ChainRecord record) {
        return record.getOutputsList().stream()
                .map(ChainOutput::getAmountSat)
                .map(Msat::ofSat)
                .reduce(Msat.ofSat(record.getFeeSat()), Msat::plus)
                .value();
    }
}
