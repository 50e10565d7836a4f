package tallystick.reconcile;

import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.ledger.Msat;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.PaymentState;
import tallystick.proto.v1.PaymentAttempt;
import tallystick.proto.v1.PaymentRecord;

/// Payments, as nodes report them.
final class PaymentCodec {
    private PaymentCodec() {}

    static Payment decode(PaymentRecord record) {
        PaymentState state = state(record);
        return new Payment(
                state,
                Times.ofNanos(record.getCreatedAtNs()),
                Msat.of(record.getAmountMsat()),
                Msat.of(record.getFeeMsat()),
                state.isTerminal()
                        ? Times.ofNanosUnlessZero(record.getResolvedAtNs())
                        : Optional.empty(),
                attempts(record));
    }

    private static PaymentState state(PaymentRecord record) {
        return switch (record.getState()) {
            case PAYMENT_STATE_INITIATED -> PaymentState.INITIATED;
            case PAYMENT_STATE_IN_FLIGHT -> PaymentState.IN_FLIGHT;
            case PAYMENT_STATE_SUCCEEDED -> PaymentState.SUCCEEDED;
            case PAYMENT_STATE_FAILED -> PaymentState.FAILED;
            case PAYMENT_STATE_UNSPECIFIED, UNRECOGNIZED ->
                    throw RecordCodec.unknown("state", record.getStateValue());
        };
    }

    private static SortedMap<Long, Payment.Attempt> attempts(PaymentRecord record) {
        SortedMap<Long, Payment.Attempt> attempts = new TreeMap<>();
        for (PaymentAttempt attempt : record.getAttemptsList()) {
            attempts.put(
                    attempt.getAttemptId(),
                    new Payment.Attempt(
                            ReceiptCodec.htlcState(attempt.getState()),
                            attempt.getChanId(),
                            Msat.of(attempt.getTotalMsat()),
                            Msat.of(attempt.getFeeMsat()),
                            Times.ofNanos(attempt.getSentAtNs()),
                            Times.ofNanosUnlessZero(attempt.getResolvedAtNs()),
                            attempt.getExpiryHeight()));
        }
        return attempts;
    }
}
