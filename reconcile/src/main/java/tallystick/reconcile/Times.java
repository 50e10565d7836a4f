package tallystick.reconcile;

import java.time.Instant;
import java.util.Optional;

/// Unix times as messages carry them.
final class Times {
    private static final long NANOS = 1_000_000_000L;

    private Times() {}

    static Instant ofNanos(long nanos) {
        return Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS));
    }

    static Optional<Instant> ofNanosUnlessZero(long nanos) {
        return nanos == 0 ? Optional.empty() : Optional.of(ofNanos(nanos));
    }

    static Optional<Instant> ofSecondsUnlessZero(long seconds) {
        return seconds == 0 ? Optional.empty() : Optional.of(Instant.ofEpochSecond(seconds));
    }

    static long nanos(Instant instant) {
        return Math.addExact(
                Math.multiplyExact(instant.getEpochSecond(), NANOS), instant.getNano());
    }
}
