package tallystick.reconcile;

import java.time.Instant;
import java.util.Map;
import java.util.function.Predicate;
import tallystick.ledger.account.Postings;
import tallystick.ledger.account.Transfer;
import tallystick.ledger.item.Item;
import tallystick.ledger.mismatch.Coverage;
import tallystick.ledger.mismatch.Decider;
import tallystick.ledger.mismatch.Outcome;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ledger.mismatch.Verdict;

/// What rules and people make of an item at a moment.
///
/// @param should what it should have posted, by leg
/// @param residueMsat what that leaves on clearing
record Judgement(Outcome outcome, Map<String, Transfer> should, long residueMsat) {
    /// @param hasEntries whether entries without a reference speak to a group
    /// @throws IllegalArgumentException or ArithmeticException when the item holds amounts that cannot be
    static Judgement of(
            Item item,
            Coverage coverage,
            RuleSet rules,
            Instant now,
            Predicate<String> hasEntries) {
        Verdict verdict = Decider.decide(item, coverage, rules, now, hasEntries);
        Map<String, Transfer> should = Postings.of(item, verdict.roundingMsat(), rules.opening());
        long residue = Postings.residueMsat(item, should);
        Outcome outcome =
                Outcome.of(
                        verdict,
                        item.decisions().values(),
                        MismatchMessages::id,
                        residue,
                        rules,
                        former ->
                                Decider.decide(item, coverage, former, now, hasEntries).findings(),
                        now);
        if (!outcome.legs().isEmpty()) {
            should.putAll(outcome.legs());
            residue = Postings.residueMsat(item, should);
        }
        return new Judgement(outcome, should, residue);
    }
}
