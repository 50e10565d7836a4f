package tallystick.simulator.replay;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.Payment.PaymentStatus;

/// Which payments a node has under way at a moment of its recording: those are what it sends first to whoever begins to
/// track payments. What ended meanwhile, it never says again. One thread.
final class PaymentBacklog {
    private record Known(Payment payment, Said said) {}

    private final Map<String, Known> underWay = new HashMap<>();

    /// The node said this on the recorded stream.
    void streamed(Said said) {
        Wire.tryParse(Payment.parser(), said.bytes())
                .ifPresent(
                        payment -> {
                            if (isUnderWay(payment)) {
                                underWay.put(payment.getPaymentHash(), new Known(payment, said));
                            } else {
                                underWay.remove(payment.getPaymentHash());
                            }
                        });
    }

    /// The recorder lost the stream. What is under way when it comes back, the recording's next stream says itself.
    void recorderLostIt() {
        underWay.clear();
    }

    List<Said> now() {
        var known = new ArrayList<>(underWay.values());
        known.sort(Comparator.comparingLong(each -> each.payment().getPaymentIndex()));
        return known.stream().map(Known::said).toList();
    }

    static boolean isUnderWay(Payment payment) {
        return payment.getStatus() != PaymentStatus.SUCCEEDED
                && payment.getStatus() != PaymentStatus.FAILED;
    }
}
