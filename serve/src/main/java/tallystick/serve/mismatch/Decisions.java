package tallystick.serve.mismatch;

import java.time.Duration;
import java.util.OptionalLong;
import tallystick.ledger.decision.Decision;

/// Where people's decisions go to take effect. Any thread.
public interface Decisions {
    /// What became of one.
    ///
    /// @param sequence ledger sequence at which it took effect; empty when it has not yet
    record Answer(OptionalLong sequence) {}

    /// Of the rules that hold.
    int ruleVersion();

    /// Writes one for good, and waits until it has taken effect.
    ///
    /// @param reference of the mismatch, in the books' form
    /// @param node of the mismatch; empty when it is about none
    /// @param limit how long to wait at most
    /// @throws IllegalArgumentException when it cannot be decided this way, with the reason
    /// @throws UnreachableException when it could not be written
    Answer submit(Decision decision, String reference, String node, Duration limit)
            throws InterruptedException;

    /// Decisions cannot be written just now.
    final class UnreachableException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public UnreachableException(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
