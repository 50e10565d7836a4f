package tallystick.reconcile;

import java.time.Instant;
import java.util.Optional;

/// Unix times as messages carry them.
final class Times {
    private static final long NANOS = 1_000_000_000L;

    /// No event of ours lies later (year 2160). Beyond, sums of times would leave what a long or Postgres can hold.
    private static final long SECONDS_MAX = 6_000_000_000L;

    private Times() {}

    static Instant ofNanos(long nanos) {
        requireSeconds(Math.floorDiv(nanos, NANOS));
        return Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS));
    }

    static Optional<Instant> ofNanosUnlessZero(long nanos) {
        return nanos == 0 ? Optional.empty() : Optional.of(ofNanos(nanos));
    }

    static Instant ofSeconds(long seconds) {
        return Instant.ofEpochSecond(requireSeconds(seconds));
    }

    static Optional<Instant> ofSecondsUnlessZero(long seconds) {
        return seconds == 0 ? Optional.empty() : Optional.of(ofSeconds(seconds));
    }

    /// @throws IllegalArgumentException when it is no time of ours
    static long requireSeconds(long seconds) {
        if (seconds < 0 || seconds > SECONDS_MAX) {
            throw new IllegalArgumentException(
                    "time: %d s since 1970 (expected: 0 to %d)".formatted(seconds, SECONDS_MAX));
        }
        return seconds;
    }

    static long nanos(Instant instant) {
        return Math.addExact(
                Math.multiplyExact(instant.getEpochSecond(), NANOS), instant.getNano());
    }
}
