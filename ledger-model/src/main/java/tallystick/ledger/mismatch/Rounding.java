package tallystick.ledger.mismatch;

import tallystick.ledger.Msat;

/// Differences that agree by rule: whole satoshis in the books, less than one satoshi apart; or what a tolerance allows. The
/// residue goes to `rounding`.
final class Rounding {
    private boolean isUsed;
    private long residueMsat;

    /// Accepts a difference, if it is one of rounding.
    ///
    /// @param isOn whether the rules round what was booked
    /// @param residue what the difference leaves on clearing
    boolean accepts(boolean isOn, long residue, long booked) {
        return isOn && isRounded(residue, booked) && accept(residue);
    }

    /// Accepts a difference, if it is no larger than the tolerance.
    boolean tolerates(Msat tolerance, long residue, long booked) {
        return booked > 0 && Math.abs(residue) <= tolerance.value() && accept(residue);
    }

    private boolean accept(long residue) {
        isUsed = true;
        residueMsat += residue;
        return true;
    }

    /// True when some difference was accepted.
    boolean isUsed() {
        return isUsed;
    }

    /// The sum of what was accepted. Unit: msat.
    long residueMsat() {
        return residueMsat;
    }

    /// True when both amounts are alike, or as good as that.
    ///
    /// @param isOn whether the rules round what was booked
    static boolean agree(boolean isOn, long booked, long real) {
        return booked == real || (isOn && isRounded(Math.subtractExact(booked, real), booked));
    }

    private static boolean isRounded(long difference, long booked) {
        return booked > 0 && booked % Msat.PER_SAT == 0 && Math.abs(difference) < Msat.PER_SAT;
    }
}
