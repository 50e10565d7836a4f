package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.NodeFacts.Forward;
import tallystick.ledger.mismatch.Verdict.Contribution;

/// What one forward earned, against its own income in the books; without one it is left to the day's group. One use.
final class ForwardDecision {
    private final Item item;
    private final ForwardFacts facts;
    private final RuleSet rules;
    private final Claims claims;
    private final Rounding rounding = new Rounding();

    ForwardDecision(Item item, Coverage coverage, RuleSet rules, Instant now) {
        this.item = item;
        this.facts = new ForwardFacts(item);
        this.rules = rules;
        this.claims = new Claims(facts, coverage, now);
    }

    Verdict verdict() {
        Optional<Contribution> toDay = Optional.empty();
        long booked = facts.bookedMsat();
        Optional<Forward> forward = facts.forward();
        if (forward.isEmpty()) {
            if (booked != 0) {
                claims.add(notOnNode(booked));
            }
        } else if (booked != 0) {
            decideBooked(forward.get(), booked);
        } else if (facts.feeMsat() > 0) {
            toDay = Optional.of(ForwardDays.ofForward(facts, forward.get(), rules));
        }
        if (facts.books().hasWaitingReversal()) {
            claims.await();
        }
        forward.flatMap(
                        one ->
                                RewrittenRules.rewritten(
                                        facts.node(), one.rewritten().value(), one.settledAt()))
                .ifPresent(claims::add);
        new EntryNumberRule(item, Optional.of(facts.node()), claims).decide();
        List<Contribution> toGroups = toDay.stream().toList();
        if (!Groups.isSettled(item, toGroups)) {
            claims.await();
        } else if (toDay.filter(one -> Groups.isOpen(item, one)).isPresent()) {
            claims.add(notBooked(forward.orElseThrow()));
        }
        return Verdicts.of(
                item,
                facts.books(),
                Optional.of(facts.node()),
                claims,
                rounding,
                facts.feeMsat() == 0,
                Contributions.withRounding(toGroups, rounding, facts, facts.node(), rules));
    }

    private void decideBooked(Forward forward, long booked) {
        long fee = facts.feeMsat();
        List<BookEntry> entries = ForwardFacts.moving(facts.books());
        Instant known = Entries.bothKnown(forward.settledAt(), entries);
        income().decide(rounding, fee, booked, entries, known).ifPresent(claims::add);
    }

    private IncomeRule income() {
        return IncomeRule.of(facts.node(), facts.books(), rules);
    }

    private Claim notOnNode(long booked) {
        List<BookEntry> entries = ForwardFacts.moving(facts.books());
        Instant booking = Entries.lastBooked(entries);
        return Claim.of(
                        Code.BOOKED_NOT_ON_NODE,
                        facts.node(),
                        Math.abs(booked),
                        booking.plus(income().settings(Code.BOOKED_NOT_ON_NODE).graceNode()))
                .onceReadPast(booking)
                .saying(
                        "%s a forward that %s does not have; it is read past that time."
                                .formatted(
                                        Entries.subject(entries, Math.abs(booked), "names"),
                                        Sats.text(facts.node())))
                .booksSay(booked);
    }

    private Claim notBooked(Forward forward) {
        long fee = facts.feeMsat();
        Instant due =
                ForwardDays.end(ForwardDays.day(forward, rules), rules)
                        .plus(income().settings(Code.FORWARD_FEE_NOT_BOOKED).graceBooks());
        return Claim.of(Code.FORWARD_FEE_NOT_BOOKED, facts.node(), fee, due)
                .saying(
                        "A forward earned %s at %s; the books have no income for it, nor for its day."
                                .formatted(Sats.text(fee), Sats.text(facts.node())))
                .nodeSays(fee);
    }
}
