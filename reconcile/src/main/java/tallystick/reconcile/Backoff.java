package tallystick.reconcile;

import java.time.Duration;

/// Waiting times between attempts: doubled each time, up to a limit. One thread.
final class Backoff {
    private static final Duration MIN = Duration.ofMillis(100);
    private static final Duration MAX = Duration.ofSeconds(10);

    private Duration next = MIN;

    /// How long to wait now.
    Duration next() {
        Duration wait = next;
        next = wait.multipliedBy(2).compareTo(MAX) < 0 ? wait.multipliedBy(2) : MAX;
        return wait;
    }

    /// After a success.
    void reset() {
        next = MIN;
    }
}
