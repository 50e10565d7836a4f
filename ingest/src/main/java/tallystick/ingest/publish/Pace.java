package tallystick.ingest.publish;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/// Spreads the transactions of all nodes of an ingestor. One node alone hardly notices; many busy ones each wait longer, and
/// so write more in one transaction, instead of as many small ones as their broker can bear. Any thread.
public final class Pace {
    /// A few hundred transactions a second: a small part of what one processor of a broker can do.
    private static final Duration APART = Duration.ofMillis(4);

    private final AtomicLong lastNanos;

    public Pace() {
        this(System.nanoTime());
    }

    Pace(long nowNanos) {
        lastNanos = new AtomicLong(nowNanos - APART.toNanos());
    }

    /// Takes the next turn.
    ///
    /// @return how long to wait for it
    Duration next(long nowNanos) {
        long turn = lastNanos.updateAndGet(last -> Math.max(nowNanos, last + APART.toNanos()));
        return Duration.ofNanos(turn - nowNanos);
    }
}
