package tallystick.reconcile;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Says once and for all that it is time to end, and wakes those who wait. Any thread.
final class Closing {
    private final CountDownLatch signal = new CountDownLatch(1);

    void close() {
        signal.countDown();
    }

    boolean isClosed() {
        return signal.getCount() == 0;
    }

    /// Returns when the time is over, or at once when it is closed.
    void await(Duration time) throws InterruptedException {
        var _ = signal.await(time.toNanos(), TimeUnit.NANOSECONDS);
    }
}
