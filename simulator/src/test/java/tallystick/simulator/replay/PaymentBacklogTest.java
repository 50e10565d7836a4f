package tallystick.simulator.replay;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tallystick.proto.lnrpc.Payment;
import tallystick.proto.lnrpc.Payment.PaymentStatus;

class PaymentBacklogTest {
    private final PaymentBacklog backlog = new PaymentBacklog();

    @Test
    void givesWhatIsUnderWayByIndex() {
        Said second = said("b", 2, PaymentStatus.IN_FLIGHT);
        Said first = said("a", 1, PaymentStatus.IN_FLIGHT);
        backlog.streamed(second);
        backlog.streamed(first);
        backlog.streamed(said("c", 3, PaymentStatus.IN_FLIGHT));
        backlog.streamed(said("c", 3, PaymentStatus.SUCCEEDED));
        backlog.streamed(said("d", 4, PaymentStatus.FAILED));

        assertThat(backlog.now()).containsExactly(first, second);
    }

    @Test
    void leavesItToTheNextRecordedStreamWhatIsUnderWayThen() {
        backlog.streamed(said("a", 1, PaymentStatus.IN_FLIGHT));
        backlog.recorderLostIt();

        assertThat(backlog.now()).isEmpty();
    }

    private static Said said(String hash, long index, PaymentStatus status) {
        return new Said(
                Payment.newBuilder()
                        .setPaymentHash(hash)
                        .setPaymentIndex(index)
                        .setStatus(status)
                        .build()
                        .toByteString(),
                (int) index);
    }
}
