package tallystick.simulator.replay;

import java.time.Duration;

/// Nothing moved for too long: the message names what the replay waited for.
public final class ReplayStalledException extends ReplayException {
    private static final long serialVersionUID = 1L;

    ReplayStalledException(String awaited, Duration limit) {
        super(
                "replay: waited for %s (expected: progress within %d s)"
                        .formatted(awaited, limit.toSeconds()));
    }
}
