package tallystick.reconcile;

import com.google.protobuf.InvalidProtocolBufferException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import tallystick.db.write.NodeRepository;
import tallystick.ledger.Msat;
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
