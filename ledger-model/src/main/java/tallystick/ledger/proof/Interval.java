package tallystick.ledger.proof;

/// Between which amounts a claim lies, both included. Unit: msat.
public record Interval(long lowMsat, long highMsat) {
    public Interval {
        if (lowMsat > highMsat) {
            throw new IllegalArgumentException(
                    "interval: %d to %d (expected: low up to high)".formatted(lowMsat, highMsat));
        }
    }

    /// How far the amount lies outside: below zero under the interval, above zero over it, 0 inside.
    public long distanceMsat(long msat) {
        if (msat < lowMsat) {
            return Math.subtractExact(msat, lowMsat);
        }
        return msat > highMsat ? Math.subtractExact(msat, highMsat) : 0;
    }

    boolean holds(long msat) {
        return distanceMsat(msat) == 0;
    }
}
