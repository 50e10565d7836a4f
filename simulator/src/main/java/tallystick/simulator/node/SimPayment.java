package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.List;
import tallystick.proto.lnrpc.HTLCAttempt;
import tallystick.proto.lnrpc.HTLCAttempt.HTLCStatus;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.Payment.PaymentStatus;
import tallystick.proto.lnrpc.PaymentFailureReason;

/// A payment as the node's database has it. Changes in place; belongs to the node's lock.
final class SimPayment {
    static final long FIRST_HOP_RECORD = 106_823;
    static final ByteString FIRST_HOP_VALUE = ByteString.copyFrom(new byte[1]);
    private static final String NO_PREIMAGE = "0".repeat(2 * Dice.HASH);
    private static final long MSAT = 1000;
    private static final long SECOND = 1_000_000_000L;

    final String hash;
    final String request;
    final long valueMsat;
    final long createdNanos;

    long index;
    PaymentStatus status = PaymentStatus.IN_FLIGHT;
    int reason = PaymentFailureReason.FAILURE_REASON_NONE_VALUE;
    final List<HTLCAttempt> attempts = new ArrayList<>();

    SimPayment(String hash, String request, long valueMsat, long createdNanos) {
        this.hash = hash;
        this.request = request;
        this.valueMsat = valueMsat;
        this.createdNanos = createdNanos;
    }

    boolean isOver() {
        return status == PaymentStatus.SUCCEEDED || status == PaymentStatus.FAILED;
    }

    long createdSeconds() {
        return createdNanos / SECOND;
    }

    Payment message(boolean withUnknownField) {
        long feeMsat = 0;
        String preimage = NO_PREIMAGE;
        for (HTLCAttempt attempt : attempts) {
            if (attempt.getStatus() == HTLCStatus.SUCCEEDED) {
                feeMsat += attempt.getRoute().getTotalFeesMsat();
                preimage = Bytes.hex(attempt.getPreimage());
            }
        }
        Payment.Builder message =
                Payment.newBuilder()
                        .setPaymentHash(hash)
                        .setValue(valueMsat / MSAT)
                        .setCreationDate(createdSeconds())
                        .setFee(feeMsat / MSAT)
                        .setPaymentPreimage(preimage)
                        .setValueSat(valueMsat / MSAT)
                        .setValueMsat(valueMsat)
                        .setPaymentRequest(request)
                        .setStatus(status)
                        .setFeeSat(feeMsat / MSAT)
                        .setFeeMsat(feeMsat)
                        .setCreationTimeNs(createdNanos)
                        .addAllHtlcs(attempts)
                        .setPaymentIndex(index)
                        .setFailureReasonValue(reason)
                        .putFirstHopCustomRecords(FIRST_HOP_RECORD, FIRST_HOP_VALUE);
        if (withUnknownField) {
            message.setUnknownFields(Unknown.FIELDS);
        }
        return message.build();
    }
}
