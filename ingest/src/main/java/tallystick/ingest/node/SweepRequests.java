package tallystick.ingest.node;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import tallystick.ingest.IngestException;

/// Who waits for a sweep, and whether the connection still stands: what the thread that follows a node waits on.
/// Any thread.
final class SweepRequests {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final List<CompletableFuture<Void>> waiting = new ArrayList<>();

    @GuardedBy("lock")
    private boolean isRescanAsked;

    @GuardedBy("lock")
    private boolean hasGaps;

    @GuardedBy("lock")
    private @Nullable IngestException broken;

    @GuardedBy("lock")
    private @Nullable IngestException refused;

    /// Asks for a sweep that begins after this call. The answer fails at once while the node is refused.
    ///
    /// @param isRescan whether it must read every list from its beginning
    CompletableFuture<Void> ask(boolean isRescan) {
        var answer = new CompletableFuture<Void>();
        lock.lock();
        try {
            if (refused != null) {
                answer.completeExceptionally(refused);
            } else {
                waiting.add(answer);
                isRescanAsked |= isRescan;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
        return answer;
    }

    /// What was asked for so far, for a sweep that begins now.
    Asked take() {
        lock.lock();
        try {
            var taken = new Asked(isRescanAsked, waiting);
            waiting.clear();
            isRescanAsked = false;
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /// The sweep did not come to its end; the next one is for them too. Of a node that was refused meanwhile there may be no
    /// next one: then they are told.
    void giveBack(Asked taken) {
        IngestException reason;
        lock.lock();
        try {
            reason = refused;
            if (reason == null) {
                waiting.addAll(taken.waiting());
                isRescanAsked |= taken.isRescan();
            }
        } finally {
            lock.unlock();
        }
        if (reason != null) {
            taken.failed(reason);
        }
    }

    /// @param isRescan whether somebody wants every list to be read from its beginning
    record Asked(boolean isRescan, List<CompletableFuture<Void>> waiting) {
        Asked {
            waiting = List.copyOf(waiting);
        }

        void done() {
            waiting.forEach(each -> each.complete(null));
        }

        void failed(IngestException reason) {
            waiting.forEach(each -> each.completeExceptionally(reason));
        }
    }

    /// Whether numbers are missing from the streams.
    void gaps(boolean present) {
        lock.lock();
        try {
            if (hasGaps != present) {
                hasGaps = present;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    boolean hasGaps() {
        lock.lock();
        try {
            return hasGaps;
        } finally {
            lock.unlock();
        }
    }

    /// Waits until numbers are missing.
    void awaitGaps() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!hasGaps) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /// A new connection is made; what broke the last one is forgotten.
    void connecting() {
        lock.lock();
        try {
            broken = null;
        } finally {
            lock.unlock();
        }
    }

    /// The first reason is kept: the others follow from it.
    void broken(IngestException reason) {
        lock.lock();
        try {
            if (broken == null) {
                broken = reason;
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    Optional<IngestException> whyBroken() {
        lock.lock();
        try {
            return Optional.ofNullable(broken);
        } finally {
            lock.unlock();
        }
    }

    /// Waits until somebody asks for a sweep.
    ///
    /// @throws IngestException when the connection is broken
    void awaitRequest() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (broken == null && waiting.isEmpty()) {
                changed.await();
            }
            if (broken != null) {
                throw broken;
            }
        } finally {
            lock.unlock();
        }
    }

    /// The node is refused: nobody need wait.
    void refuse(IngestException reason) {
        List<CompletableFuture<Void>> failed;
        lock.lock();
        try {
            refused = reason;
            failed = List.copyOf(waiting);
            waiting.clear();
        } finally {
            lock.unlock();
        }
        failed.forEach(answer -> answer.completeExceptionally(reason));
    }

    /// The node has been accepted.
    void accept() {
        lock.lock();
        try {
            refused = null;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void awaitAccepted() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (refused != null) {
                changed.await();
            }
        } finally {
            lock.unlock();
        }
    }
}
