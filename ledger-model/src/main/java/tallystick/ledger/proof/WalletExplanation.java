package tallystick.ledger.proof;

import java.util.List;
import java.util.Optional;
import tallystick.ledger.Msat;

/// What a wallet's residual may come from though nothing is wrong: the ledger knows what moved after the node was read; lnd takes
/// leased outputs out of its total, and counts the outputs of a replaced transaction beside those of its replacement while neither
/// is confirmed.
final class WalletExplanation {
    private WalletExplanation() {}

    /// @param laterMsat what moved after the node was read
    static Optional<String> of(
            long residualMsat, long laterMsat, long lockedMsat, List<UnconfirmedTx> unconfirmed) {
        if (laterMsat == 0) {
            return of(residualMsat, lockedMsat, unconfirmed);
        }
        String later =
                "%d sat that moved after the node was read".formatted(laterMsat / Msat.PER_SAT);
        long rest = Math.subtractExact(residualMsat, laterMsat);
        return rest == 0
                ? Optional.of(later)
                : of(rest, lockedMsat, unconfirmed).map(other -> later + ", and " + other);
    }

    private static Optional<String> of(
            long residualMsat, long lockedMsat, List<UnconfirmedTx> unconfirmed) {
        Optional<String> leased = leased(residualMsat, lockedMsat, unconfirmed);
        return leased.isPresent() ? leased : replaced(residualMsat, unconfirmed);
    }

    /// The inputs of an unconfirmed funding transaction stand among the locked, though they have left the total already.
    private static Optional<String> leased(
            long residualMsat, long lockedMsat, List<UnconfirmedTx> unconfirmed) {
        long spent =
                unconfirmed.stream()
                        .filter(UnconfirmedTx::isFunding)
                        .mapToLong(UnconfirmedTx::inputsMsat)
                        .reduce(0, Math::addExact);
        return residualMsat > 0 && residualMsat == lockedMsat - spent
                ? Optional.of("leased outputs of %d sat".formatted(residualMsat / Msat.PER_SAT))
                : Optional.empty();
    }

    private static Optional<String> replaced(long residualMsat, List<UnconfirmedTx> unconfirmed) {
        for (UnconfirmedTx one : unconfirmed) {
            for (UnconfirmedTx other : unconfirmed) {
                if (one.conflictsWith(other) && isOf(residualMsat, one)) {
                    return Optional.of(
                            "%s and %s, of which one replaces the other, both counted"
                                    .formatted(one.txid(), other.txid()));
                }
            }
        }
        return Optional.empty();
    }

    /// The node counts what comes back by both, and what both spend once. The ledger holds both changes, or that of the other
    /// alone.
    private static boolean isOf(long residualMsat, UnconfirmedTx replaced) {
        return residualMsat == -replaced.inputsMsat()
                || residualMsat == -replaced.changeMsat()
                || residualMsat == -(replaced.changeMsat() + replaced.inputsMsat());
    }
}
