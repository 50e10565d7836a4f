package tallystick.ingest.record;

import com.google.protobuf.ByteString;
import java.util.List;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.ItemKey;
import tallystick.proto.lnrpc.HTLCAttempt;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.PaymentFailureReason;
import tallystick.proto.v1.HtlcState;
import tallystick.proto.v1.PaymentAttempt;
import tallystick.proto.v1.PaymentRecord;
import tallystick.proto.v1.PaymentState;

/// A payment, in our words.
final class PaymentRecords {
    private PaymentRecords() {}

    static List<NodeRecord> of(Payment payment) {
        ByteString hash = Lnd.hash("payment_hash", payment.getPaymentHash());
        PaymentState state = state(payment.getStatus());
        List<PaymentAttempt> attempts =
                payment.getHtlcsList().stream().map(PaymentRecords::attempt).toList();
        PaymentRecord facts =
                PaymentRecord.newBuilder()
                        .setPaymentHash(hash)
                        .setState(state)
                        .setAmountMsat(Lnd.nonNegative("value_msat", payment.getValueMsat()))
                        .setFeeMsat(fee(payment, state, attempts))
                        .setCreatedAtNs(payment.getCreationTimeNs())
                        .setResolvedAtNs(resolvedAt(payment, state, attempts))
                        .addAllAttempts(attempts)
                        .setPaymentIndex(payment.getPaymentIndex())
                        .setFailureReason(failureReason(payment))
                        .build();
        String hex = Lnd.hex(hash);
        String subject = "payment_hash:" + hex;
        return List.of(
                new NodeRecord(
                        Topic.PAYMENTS,
                        RecordKeys.of(ItemKey.ofPayment(hex)),
                        subject,
                        subject,
                        facts));
    }

    private static long fee(Payment payment, PaymentState state, List<PaymentAttempt> attempts) {
        if (state != PaymentState.PAYMENT_STATE_SUCCEEDED) {
            return 0;
        }
        if (attempts.isEmpty()) {
            return Lnd.nonNegative("fee_msat", payment.getFeeMsat());
        }
        long sum = 0;
        for (PaymentAttempt attempt : attempts) {
            if (attempt.getState() == HtlcState.HTLC_STATE_SETTLED) {
                sum = Math.addExact(sum, attempt.getFeeMsat());
            }
        }
        return sum;
    }

    /// lnd does not say when a payment ended, only when its attempts did.
    private static long resolvedAt(
            Payment payment, PaymentState state, List<PaymentAttempt> attempts) {
        boolean isEnded =
                state == PaymentState.PAYMENT_STATE_SUCCEEDED
                        || state == PaymentState.PAYMENT_STATE_FAILED;
        if (!isEnded) {
            return 0;
        }
        return attempts.stream()
                .mapToLong(PaymentAttempt::getResolvedAtNs)
                .filter(time -> time > 0)
                .max()
                .orElse(payment.getCreationTimeNs());
    }

    private static PaymentAttempt attempt(HTLCAttempt attempt) {
        var route = attempt.getRoute();
        return PaymentAttempt.newBuilder()
                .setAttemptId(attempt.getAttemptId())
                .setState(state(attempt.getStatus()))
                .setChanId(route.getHopsCount() == 0 ? 0 : route.getHops(0).getChanId())
                .setTotalMsat(Lnd.nonNegative("total_amt_msat", route.getTotalAmtMsat()))
                .setFeeMsat(Lnd.nonNegative("total_fees_msat", route.getTotalFeesMsat()))
                .setSentAtNs(attempt.getAttemptTimeNs())
                .setResolvedAtNs(attempt.getResolveTimeNs())
                .setExpiryHeight(route.getTotalTimeLock())
                .build();
    }

    private static String failureReason(Payment payment) {
        return payment.getFailureReason() == PaymentFailureReason.FAILURE_REASON_NONE
                ? ""
                : EnumNames.of(payment.getFailureReason(), payment.getFailureReasonValue());
    }

    private static PaymentState state(Payment.PaymentStatus status) {
        return switch (status) {
            case INITIATED -> PaymentState.PAYMENT_STATE_INITIATED;
            case IN_FLIGHT -> PaymentState.PAYMENT_STATE_IN_FLIGHT;
            case SUCCEEDED -> PaymentState.PAYMENT_STATE_SUCCEEDED;
            case FAILED -> PaymentState.PAYMENT_STATE_FAILED;
            case UNKNOWN, UNRECOGNIZED -> PaymentState.PAYMENT_STATE_UNSPECIFIED;
        };
    }

    private static HtlcState state(HTLCAttempt.HTLCStatus status) {
        return switch (status) {
            case IN_FLIGHT -> HtlcState.HTLC_STATE_IN_FLIGHT;
            case SUCCEEDED -> HtlcState.HTLC_STATE_SETTLED;
            case FAILED -> HtlcState.HTLC_STATE_FAILED;
            case UNRECOGNIZED -> HtlcState.HTLC_STATE_UNSPECIFIED;
        };
    }
}
