package tallystick.ingest.publish;

import java.time.Instant;

/// Times as the contract writes them.
public final class Times {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private Times() {}

    /// @throws ArithmeticException beyond the year 2262
    public static long epochNanos(Instant instant) {
        return Math.addExact(
                Math.multiplyExact(instant.getEpochSecond(), NANOS_PER_SECOND), instant.getNano());
    }
}
