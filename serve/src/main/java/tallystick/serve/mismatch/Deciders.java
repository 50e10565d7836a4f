package tallystick.serve.mismatch;

import io.grpc.Context;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import tallystick.serve.access.Caller;

/// Who decides in the call in hand.
public final class Deciders {
    /// For a decision to take effect, where the client has the time.
    private static final Duration WAIT_MAX = Duration.ofSeconds(10);

    /// Of the client's time, what the answer needs.
    private static final Duration ANSWER = Duration.ofMillis(500);

    private Deciders() {}

    /// The person in the client's certificate, who waits no longer than the call.
    public static DecisionCalls.Decider caller() {
        return new DecisionCalls.Decider(Caller.current().client().name(), patience());
    }

    private static Duration patience() {
        Deadline deadline = Context.current().getDeadline();
        if (deadline == null) {
            return WAIT_MAX;
        }
        Duration left =
                Duration.ofNanos(deadline.timeRemaining(TimeUnit.NANOSECONDS)).minus(ANSWER);
        if (left.isNegative()) {
            return Duration.ZERO;
        }
        return left.compareTo(WAIT_MAX) < 0 ? left : WAIT_MAX;
    }
}
