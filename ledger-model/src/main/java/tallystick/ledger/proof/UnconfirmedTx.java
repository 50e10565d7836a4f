package tallystick.ledger.proof;

import java.util.Collections;
import java.util.Set;

/// A transaction of a wallet that is not confirmed. Unit: msat.
///
/// @param changeMsat what the wallet gains (positive) or loses by it, fee included
/// @param inputsMsat what it spends, known where all of it is the wallet's; else 0
/// @param outpoints what it spends
/// @param isFunding it funds a channel of ours
public record UnconfirmedTx(
        String txid, long changeMsat, long inputsMsat, Set<String> outpoints, boolean isFunding) {
    public UnconfirmedTx {
        outpoints = Set.copyOf(outpoints);
    }

    /// True when at most one of the two can ever confirm.
    public boolean conflictsWith(UnconfirmedTx other) {
        return !txid.equals(other.txid) && !Collections.disjoint(outpoints, other.outpoints);
    }
}
