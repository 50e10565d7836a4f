package tallystick.ledger.mismatch;

import java.util.List;
import java.util.Optional;
import tallystick.ledger.NodeId;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NetBooks;
import tallystick.ledger.mismatch.Verdict.Contribution;
import tallystick.ledger.mismatch.Verdict.PairVerdict;
import tallystick.ledger.mismatch.Verdict.State;

/// Puts together what was claimed of an item that belongs to one node.
final class Verdicts {
    private Verdicts() {}

    /// @param holder the node that stands in where entries name none
    /// @param isNothing true when nothing moved at the node
    static Verdict of(
            Item item,
            NetBooks books,
            Optional<NodeId> holder,
            Claims claims,
            Rounding rounding,
            boolean isNothing,
            List<Contribution> contributions) {
        State state = state(claims, rounding, isNothing && item.entries().isEmpty());
        return new Verdict(
                state,
                claims.findings(),
                rounding.residueMsat(),
                claims.dueAt(),
                claims.waitsForCoverage(),
                Decider.pairs(item, books, holder).entrySet().stream()
                        .map(
                                pair ->
                                        new PairVerdict(
                                                pair.getKey().node(),
                                                pair.getKey().reference(),
                                                state,
                                                pair.getValue()))
                        .toList(),
                contributions,
                claims.waitsForHeights());
    }

    static State state(Claims claims, Rounding rounding, boolean isIdle) {
        if (!claims.mismatches().isEmpty()) {
            return State.OPEN;
        }
        if (claims.isWaiting()) {
            return State.WAITING;
        }
        if (rounding.isUsed()) {
            return State.AGREED_BY_RULE;
        }
        return isIdle ? State.IDLE : State.AGREED;
    }
}
