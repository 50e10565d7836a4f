package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.books.EntryKind.Effect;
import tallystick.ledger.item.Item;
import tallystick.ledger.mismatch.Verdict.Contribution;
import tallystick.ledger.mismatch.Verdict.PairVerdict;
import tallystick.ledger.mismatch.Verdict.State;

/// Puts the rules together for what arrives and leaves under one payment hash. One use: made for one item at one moment.
final class PaymentDecision {
    private final PaymentFacts facts;
    private final RuleSet rules;
    private final Claims claims;
    private final Rounding rounding = new Rounding();
    private final Matching matching;

    /// @param hasEntries see [Decider]
    PaymentDecision(
            Item item,
            Coverage coverage,
            RuleSet rules,
            Instant now,
            Predicate<String> hasEntries) {
        this.facts = new PaymentFacts(item);
        this.rules = rules;
        this.claims = new Claims(facts, coverage, now);
        this.matching = new Matching(facts, claims, rules, hasEntries);
    }

    Verdict verdict() {
        decideMoney();
        new HoldRules(facts, claims, rules).decide();
        new UnderWayRules(facts, claims, rules).decide();
        new HeldRules(facts, claims, rules).decide();
        new ExpiryRules(facts, claims).decide();
        new RewrittenRules(facts, claims).decide();
        new EntryNumberRule(facts.item(), facts.holder(), claims).decide();
        decideResidue();
        State state = state();
        return new Verdict(
                state,
                claims.findings(),
                rounding.residueMsat(),
                claims.dueAt(),
                claims.waitsForCoverage(),
                pairs(state),
                contributions(),
                claims.waitsForHeights());
    }

    private List<Contribution> contributions() {
        List<Contribution> all = new Contributions(facts, rounding, rules).all();
        all.addAll(matching.contributions());
        return all;
    }

    private void decideMoney() {
        long internal = facts.internalMsat();
        long expectedIn = facts.receivedMsat() - internal;
        long expectedOut = facts.sentMsat() - internal;
        Adjustments adjustments = new Adjustments(facts, expectedOut);
        long bookedIn = facts.books().sumMsat(EntryKind.RECEIPT) + adjustments.ofReceiptMsat();
        long bookedOut = facts.books().sumMsat(EntryKind.PAYMENT) + adjustments.ofPaymentMsat();
        // Within the fleet nothing has to be booked but the fee; where both sides are booked they
        // net.
        long netted =
                facts.isWithinFleet()
                        ? Math.min(excess(bookedIn, expectedIn), excess(bookedOut, expectedOut))
                        : 0;
        FeeRules fees = new FeeRules(facts, claims, rounding, rules, adjustments.ofFeeMsat());
        new ReceiptRules(facts, claims, rounding, rules, matching)
                .decide(expectedIn, bookedIn - netted);
        new SendRules(facts, claims, rounding, rules, fees, matching)
                .decide(expectedOut, bookedOut - netted);
        if (facts.books().hasWaitingReversal() || !matching.isUpToDate()) {
            claims.await();
        }
    }

    private static long excess(long booked, long expected) {
        return Math.max(booked - expected, 0);
    }

    /// No narrower rule saw it, but only what waits or is open may leave something on clearing.
    private void decideResidue() {
        ResidueRule rule = new ResidueRule(facts, claims, rounding);
        long residue = rule.residueMsat();
        State state = state();
        if (residue != 0 && state != State.OPEN && state != State.WAITING) {
            rule.amountDiffers(Math.abs(residue), facts.holder());
        }
    }

    private State state() {
        boolean isIdle =
                facts.item().entries().isEmpty()
                        && facts.receivedMsat() == 0
                        && facts.sentMsat() == 0;
        return Verdicts.state(claims, rounding, isIdle);
    }

    private List<PairVerdict> pairs(State state) {
        Optional<NodeId> holder = facts.receiver().or(facts::payer);
        List<PairVerdict> pairs = new ArrayList<>();
        Decider.pairs(facts.item(), facts.books(), holder)
                .forEach(
                        (pair, booked) ->
                                pairs.add(
                                        new PairVerdict(
                                                pair.node(),
                                                pair.reference(),
                                                pairState(state, pair.node()),
                                                booked)));
        return pairs;
    }

    /// A pair beside the one that a mismatch names agrees, if its node has a settlement of its own that it may be about.
    private State pairState(State state, String node) {
        if (state != State.OPEN
                || claims.mismatches().stream().anyMatch(f -> names(f, node))
                || isPartOfAnother(node)) {
            return state;
        }
        return claims.isWaiting() ? State.WAITING : State.AGREED;
    }

    /// True when what is booked under the node is about what settled at another. Holds and their ends are not.
    private boolean isPartOfAnother(String node) {
        return facts.settledAt().noneMatch(one -> one.pubkey().equals(node))
                && (node.isEmpty()
                        || facts.books().all().stream()
                                .filter(entry -> entry.kind().effect() != Effect.NONE)
                                .flatMap(entry -> entry.node().stream())
                                .anyMatch(one -> one.pubkey().equals(node)));
    }

    private static boolean names(Finding finding, String node) {
        return finding.code() == Code.WRONG_NODE
                || finding.node().map(NodeId::pubkey).orElse("").equals(node);
    }
}
