package tallystick.serve;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a server does again and again beside its answers. Closing ends it. Any thread.
public final class RepeatedWork implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RepeatedWork.class);

    /// A database that does not answer must not keep certificates from being read again: of what a server repeats, two ask it.
    private static final int THREADS = 3;

    private final ScheduledExecutorService timer;

    /// @param name of its threads
    public RepeatedWork(String name) {
        timer =
                Executors.newScheduledThreadPool(
                        THREADS, Thread.ofPlatform().daemon().name(name).factory());
    }

    /// Begins at once.
    ///
    /// @param interval from the end of one to the next
    public void every(Duration interval, Runnable work) {
        var _ =
                timer.scheduleWithFixedDelay(
                        () -> {
                            try {
                                work.run();
                            } catch (RuntimeException e) {
                                // Thrown on, it would be the last time.
                                LOG.atError().setCause(e).log("repeated work failed");
                            }
                        },
                        0,
                        interval.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
