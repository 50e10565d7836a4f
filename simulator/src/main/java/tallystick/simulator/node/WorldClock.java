package tallystick.simulator.node;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/// The time of a simulated world. It moves only when it is told to, and never back. Read by any thread, moved by one at a time.
final class WorldClock implements InstantSource {
    static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    private static final long SECOND = 1_000_000_000L;

    private volatile long nanos;

    WorldClock(Instant start) {
        nanos = nanos(start);
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochSecond(nanos / SECOND, nanos % SECOND);
    }

    long nanos() {
        return nanos;
    }

    private static long nanos(Instant at) {
        return at.getEpochSecond() * SECOND + at.getNano();
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // moved by one thread at a time
    void advance(Duration time) {
        nanos += time.toNanos();
    }

    /// Where it is further already, it stays.
    @SuppressWarnings("NonAtomicVolatileUpdate") // as above
    void advanceTo(Instant moment) {
        nanos = Math.max(nanos, nanos(moment));
    }
}
