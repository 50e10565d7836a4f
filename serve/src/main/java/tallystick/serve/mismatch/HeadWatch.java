package tallystick.serve.mismatch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import tallystick.db.query.LedgerPlace;
import tallystick.serve.call.Readings;

/// Looks for new batches of the ledger, once for all who wait for them. Any thread.
public final class HeadWatch {
    private final Readings readings;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private int waiting;

    @GuardedBy("lock")
    private long head;

    public HeadWatch(Readings readings) {
        this.readings = readings;
    }

    /// Called again and again by whoever keeps the time. Costs nothing while nobody waits.
    public void look() {
        if (isWaitedFor()) {
            tell(readings.read(LedgerPlace::now).sequence());
        }
    }

    /// Waits until the ledger is past a sequence, no longer than the limit.
    public void awaitBeyond(long sequence, Duration limit) throws InterruptedException {
        long nanos = limit.toNanos();
        lock.lock();
        try {
            waiting++;
            try {
                while (head <= sequence && nanos > 0) {
                    nanos = changed.awaitNanos(nanos);
                }
            } finally {
                waiting--;
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isWaitedFor() {
        lock.lock();
        try {
            return waiting > 0;
        } finally {
            lock.unlock();
        }
    }

    private void tell(long sequence) {
        lock.lock();
        try {
            head = sequence;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
