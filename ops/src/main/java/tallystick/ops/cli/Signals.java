package tallystick.ops.cli;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Ctrl-C and SIGTERM end a command in order: its thread is interrupted, closes what it has started, and only then the
/// process ends.
final class Signals {
    /// Postgres writes a checkpoint and Kafka its logs; beyond this something hangs, and the next start repairs it.
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(60);

    private Signals() {}

    static <T> T closingInOrder(Callable<T> work) throws Exception {
        Thread worker = Thread.currentThread();
        var closed = new CountDownLatch(1);
        var hook =
                Thread.ofPlatform()
                        .name("signal")
                        .unstarted(
                                () -> {
                                    worker.interrupt();
                                    await(closed);
                                });
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return work.call();
        } finally {
            closed.countDown();
            remove(hook);
        }
    }

    private static void await(CountDownLatch closed) {
        try {
            boolean inTime = closed.await(CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            if (!inTime) {
                System.err.println(
                        "tallystick: not closed within %d s; the next start repairs what is left"
                                .formatted(CLOSE_LIMIT.toSeconds()));
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static void remove(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // The process is ending: the hook runs, and was just released.
        }
    }
}
