package tallystick.ledger.mismatch;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NetBooks;
import tallystick.ledger.item.NodeFacts.Forward;
import tallystick.ledger.mismatch.Verdict.Contribution;
import tallystick.ledger.mismatch.Verdict.PairVerdict;
import tallystick.ledger.mismatch.Verdict.State;

/// Items that lie before the moment from which the ledger counts: nothing is asked of them.
final class BeforeOpening {
    private BeforeOpening() {}

    static Verdict verdict(Item item, RuleSet rules) {
        return new Verdict(
                State.BEFORE_OPENING,
                List.of(),
                0,
                Optional.empty(),
                Optional.empty(),
                Decider.pairs(item, NetBooks.of(item.entries()), item.key().node())
                        .entrySet()
                        .stream()
                        .map(
                                pair ->
                                        new PairVerdict(
                                                pair.getKey().node(),
                                                pair.getKey().reference(),
                                                State.BEFORE_OPENING,
                                                pair.getValue()))
                        .toList(),
                contributions(item, rules),
                Collections.emptySortedSet());
    }

    /// A forward on the day on which the ledger began: the day's entry may cover it too.
    private static List<Contribution> contributions(Item item, RuleSet rules) {
        if (!(item.facts().orElse(null) instanceof Forward forward)) {
            return List.of();
        }
        ForwardFacts facts = new ForwardFacts(item);
        boolean isOfThatDay =
                rules.opening().isOnItsDay(ForwardDays.day(forward, rules))
                        && facts.feeMsat() > 0
                        && facts.bookedMsat() == 0;
        return isOfThatDay ? List.of(ForwardDays.ofForward(facts, forward, rules)) : List.of();
    }
}
