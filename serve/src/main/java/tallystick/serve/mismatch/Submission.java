package tallystick.serve.mismatch;

import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.Supplier;
import tallystick.ledger.decision.Decision;
import tallystick.serve.call.Problem;

/// Writes a decision for good, and tells what goes wrong in the words of the API.
public final class Submission {
    private static final Duration PAUSE = Duration.ofSeconds(5);

    private Submission() {}

    /// Returns the ledger sequence at which it took effect; empty when it has not yet.
    ///
    /// @param decision drawn up when it is called for
    /// @param reference what it is about, in the books' form
    /// @param node empty when it is about none
    /// @param patience how long to wait for it to take effect
    /// @throws StatusRuntimeException when it cannot be decided, with the reason
    public static OptionalLong of(
            Decisions decisions,
            Supplier<Decision> decision,
            String reference,
            String node,
            Duration patience) {
        try {
            return decisions.submit(decision.get(), reference, node, patience).sequence();
        } catch (IllegalArgumentException e) {
            throw Problem.of(
                    Code.INVALID_ARGUMENT, "DECISION_REFUSED", String.valueOf(e.getMessage()));
        } catch (Decisions.UnreachableException e) {
            throw Problem.retry(
                    Code.UNAVAILABLE,
                    "DECISIONS_UNAVAILABLE",
                    "decisions: cannot be written just now",
                    PAUSE);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw Problem.of(Code.UNAVAILABLE, "SERVER_STOPS", "the server stops");
        }
    }
}
