package tallystick.ledger;

import java.math.BigInteger;

/// An amount in millisatoshi, the smallest unit Lightning settles in.
/// Never negative: what carries it says whether money came or went.
public record Msat(long value) implements Comparable<Msat> {
    public static final Msat ZERO = new Msat(0);

    /// Millisatoshi in one satoshi.
    public static final long PER_SAT = 1_000;

    /// All bitcoin there will ever be. Four such amounts still fit a long.
    private static final long SUPPLY = 21_000_000L * 100_000_000L * PER_SAT;

    public Msat {
        if (value < 0 || value > SUPPLY) {
            throw new IllegalArgumentException(
                    "msat: %d (expected: 0 to %d)".formatted(value, SUPPLY));
        }
    }

    public static Msat of(long value) {
        return value == 0 ? ZERO : new Msat(value);
    }

    /// What is more than all bitcoin becomes just that: where rows were changed from outside, an amount can be anything.
    public static Msat ofAtMost(BigInteger value) {
        return of(value.min(BigInteger.valueOf(SUPPLY)).longValueExact());
    }

    public static Msat ofSat(long sat) {
        return of(Math.multiplyExact(sat, PER_SAT));
    }

    public Msat plus(Msat other) {
        return of(Math.addExact(value, other.value));
    }

    /// The difference between the two, whichever is larger.
    public Msat distanceTo(Msat other) {
        return of(Math.abs(value - other.value));
    }

    public boolean isZero() {
        return value == 0;
    }

    /// True when there is no fraction of a satoshi.
    public boolean isWholeSat() {
        return value % PER_SAT == 0;
    }

    @Override
    public int compareTo(Msat other) {
        return Long.compare(value, other.value);
    }
}
