package tallystick.ledger.mismatch;

import tallystick.ledger.Msat;

/// The rounding rule: whole satoshis in the books, less than one satoshi apart. The residue goes to `rounding`.
final class Rounding {
    private boolean isUsed;
    private long residueMsat;

    /// Accepts a difference, if it is one of rounding.
    ///
    /// @param residue what the difference leaves on clearing
    boolean accepts(long residue, long booked) {
        if (!isRounded(residue, booked)) {
            return false;
        }
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

    static boolean isRounded(long difference, long booked) {
        return booked > 0 && booked % Msat.PER_SAT == 0 && Math.abs(difference) < Msat.PER_SAT;
    }
}
