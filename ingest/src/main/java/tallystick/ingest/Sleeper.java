package tallystick.ingest;

import java.time.Duration;

/// How a thread waits for time to pass; a replay has its own time.
@FunctionalInterface
public interface Sleeper {
    /// Returns when the time has passed. It may return early; whoever waits must bear that.
    void sleep(Duration duration) throws InterruptedException;

    /// Waits on the machine's time.
    static Sleeper system() {
        return Thread::sleep;
    }
}
