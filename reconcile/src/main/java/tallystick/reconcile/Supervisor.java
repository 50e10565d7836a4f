package tallystick.reconcile;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps one worker running. When it fails for a reason that may pass, a database or a broker that is away, another takes
/// its place after a while; when it says that going on would be wrong, it stays down and the reason is kept.
///
/// `run` belongs to one thread; the rest may be called from any.
final class Supervisor implements Runnable {
    private static final Logger log = LoggerFactory.getLogger(Supervisor.class);

    private final Supplier<Worker> workers;
    private final boolean restarts;
    private final Closing closing = new Closing();
    private volatile Worker worker;
    private volatile boolean wasAssigned;

    /// @param first the worker to begin with; when it fails before it has partitions, there is no other
    /// @param workers makes the others
    /// @param restarts false to leave every failure to the caller
    Supervisor(Worker first, Supplier<Worker> workers, boolean restarts) {
        this.worker = first;
        this.workers = workers;
        this.restarts = restarts;
    }

    @Override
    public void run() {
        Backoff backoff = new Backoff();
        try {
            while (!closing.isClosed()) {
                worker.run();
                wasAssigned = wasAssigned || worker.wasAssigned();
                Optional<RuntimeException> failure = worker.failure();
                if (failure.isEmpty() || !mayRestart(failure.get())) {
                    return;
                }
                if (worker.hasApplied()) {
                    backoff.reset();
                }
                replace(failure.get(), backoff);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// The worker of this moment.
    Worker worker() {
        return worker;
    }

    /// Why there is no worker any more, and will not be. What may pass is not reported: another worker is on its way.
    Optional<RuntimeException> failure() {
        return worker.failure().filter(failure -> !mayRestart(failure));
    }

    /// Returns at once; the batch in hand is still committed.
    void close() {
        closing.close();
        worker.close();
    }

    private boolean mayRestart(RuntimeException failure) {
        boolean isFinal = failure instanceof ReconcileException reconcile && !reconcile.isPassing();
        return restarts && !isFinal && (wasAssigned || worker.wasAssigned());
    }

    private void replace(RuntimeException failure, Backoff backoff) throws InterruptedException {
        RuntimeException reason = failure;
        while (!closing.isClosed()) {
            Duration wait = backoff.next();
            log.atError()
                    .setCause(reason)
                    .addKeyValue("wait", wait)
                    .log("worker failed; another will take its place");
            closing.await(wait);
            try {
                worker = workers.get();
                if (closing.isClosed()) {
                    worker.close(); // `close` may have seen the one before.
                }
                return;
            } catch (RuntimeException e) {
                reason = e;
            }
        }
    }
}
