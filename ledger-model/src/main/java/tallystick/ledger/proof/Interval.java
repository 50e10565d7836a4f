package tallystick.ledger.proof;

import java.util.Optional;

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

    /// What both hold; empty when that is nothing.
    public Optional<Interval> and(Interval other) {
        long low = Math.max(lowMsat, other.lowMsat);
        long high = Math.min(highMsat, other.highMsat);
        return low <= high ? Optional.of(new Interval(low, high)) : Optional.empty();
    }

    /// The same, so much higher.
    public Interval plus(long msat) {
        return new Interval(Math.addExact(lowMsat, msat), Math.addExact(highMsat, msat));
    }

    /// The amount in it that lies nearest.
    public long nearestMsat(long msat) {
        return Math.clamp(msat, lowMsat, highMsat);
    }

    public boolean holds(long msat) {
        return distanceMsat(msat) == 0;
    }
}
