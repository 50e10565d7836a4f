package tallystick.simulator.replay;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Where the thread that plays and the threads of the clients' calls meet: one lock for all nodes, since their lines are
/// played in one order anyway. Any thread.
final class Stage {
    /// Only to notice a stall: whatever is waited for signals.
    private static final Duration LOOK_AGAIN = Duration.ofMillis(50);

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Duration stallLimit;

    @GuardedBy("lock")
    private long progressNanos = System.nanoTime();

    @GuardedBy("lock")
    private @Nullable ReplayException failure;

    @GuardedBy("lock")
    private boolean isClosed;

    Stage(Duration stallLimit) {
        this.stallLimit = stallLimit;
    }

    <T> T with(Supplier<T> work) {
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    void with(Runnable work) {
        lock.lock();
        try {
            work.run();
        } finally {
            lock.unlock();
        }
    }

    /// Something moved that somebody may be waiting for.
    void progressed() {
        lock.lock();
        try {
            progressNanos = System.nanoTime();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// The replay cannot be right any more; the first reason is kept.
    void fail(ReplayException reason) {
        lock.lock();
        try {
            if (failure == null) {
                failure = reason;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            isClosed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Throws when the replay has failed, was closed, or has been standing still for too long.
    void check(Supplier<String> awaited) {
        lock.lock();
        try {
            if (failure != null) {
                throw failure;
            }
            if (isClosed) {
                throw new ReplayException("replay: closed while it was running");
            }
            if (System.nanoTime() - progressNanos > stallLimit.toNanos()) {
                throw new ReplayStalledException(awaited.get(), stallLimit);
            }
        } finally {
            lock.unlock();
        }
    }

    /// Waits, for as long as anything moves, until `isDone`, which is asked with the lock held.
    void await(BooleanSupplier isDone, Supplier<String> awaited) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            progressNanos = System.nanoTime();
            while (!isDone.getAsBoolean()) {
                check(awaited);
                changed.await(LOOK_AGAIN.toNanos(), TimeUnit.NANOSECONDS);
            }
            check(awaited);
        } finally {
            lock.unlock();
        }
    }

    /// Waits, for ever if need be, until `isDone` or until this is closed.
    void awaitQuietly(BooleanSupplier isDone) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!isClosed && !isDone.getAsBoolean()) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }
}
