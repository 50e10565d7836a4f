package tallystick.reconcile;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.ChannelRecord;
import tallystick.proto.v1.Envelope;
import tallystick.proto.v1.ForwardRecord;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.PaymentRecord;

/// Records as they would be told with a wrong amount. What a node tells later takes the place of it: of what settles, and of what a
/// channel was opened with, the larger amount counts, so the wrong one is smaller; of a wallet's transaction the later look counts,
/// so the wrong one is older.
final class Altered {
    private static final long MINUTE_NS = 60_000_000_000L;

    private Altered() {}

    /// Received less.
    static Fact receipt(Fact right, long lessMsat) throws InvalidProtocolBufferException {
        InvoiceRecord.Builder record = InvoiceRecord.parseFrom(right.value()).toBuilder();
        record.setReceivedMsat(record.getReceivedMsat() - lessMsat);
        record.getHtlcsBuilder(0)
                .setAmountMsat(record.getHtlcs(0).getAmountMsat() - lessMsat)
                .setTotalMsat(record.getHtlcs(0).getTotalMsat() - lessMsat);
        return with(right, record.build().toByteString());
    }

    /// Sent less.
    static Fact payment(Fact right, long lessMsat) throws InvalidProtocolBufferException {
        PaymentRecord.Builder record = PaymentRecord.parseFrom(right.value()).toBuilder();
        record.setAmountMsat(record.getAmountMsat() - lessMsat);
        record.getAttemptsBuilder(0).setTotalMsat(record.getAttempts(0).getTotalMsat() - lessMsat);
        return with(right, record.build().toByteString());
    }

    /// Less went on, for the same fee.
    static Fact forward(Fact right, long lessMsat) throws InvalidProtocolBufferException {
        ForwardRecord.Builder record = ForwardRecord.parseFrom(right.value()).toBuilder();
        record.setAmountInMsat(record.getAmountInMsat() - lessMsat)
                .setAmountOutMsat(record.getAmountOutMsat() - lessMsat);
        return with(right, record.build().toByteString());
    }

    /// The wallet changed by less, as it was seen earlier.
    static Fact transaction(Fact right, long lessSat) throws InvalidProtocolBufferException {
        ChainRecord.Builder record = ChainRecord.parseFrom(right.value()).toBuilder();
        record.setChangeSat(record.getChangeSat() - lessSat)
                .setEnvelope(
                        Envelope.newBuilder(record.getEnvelope())
                                .setObservedAtNs(
                                        record.getEnvelope().getObservedAtNs() - MINUTE_NS));
        return with(right, record.build().toByteString());
    }

    /// The channel is smaller.
    static Fact capacity(Fact right, long lessSat) throws InvalidProtocolBufferException {
        ChannelRecord.Builder record = ChannelRecord.parseFrom(right.value()).toBuilder();
        return with(
                right,
                record.setCapacitySat(record.getCapacitySat() - lessSat).build().toByteString());
    }

    /// Less was pushed, which is known or not.
    static Fact push(Fact right, long pushSat) throws InvalidProtocolBufferException {
        ChannelRecord.Builder record = ChannelRecord.parseFrom(right.value()).toBuilder();
        return with(
                right, record.setPushSat(pushSat).setPushKnown(pushSat > 0).build().toByteString());
    }

    private static Fact with(Fact right, ByteString value) {
        return new Fact(right.topic(), right.key(), value.toByteArray());
    }
}
