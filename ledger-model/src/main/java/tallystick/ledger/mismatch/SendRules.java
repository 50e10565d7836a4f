package tallystick.ledger.mismatch;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;

/// What left the fleet, against the payments in the books; and transfers within it, of which only the fee is booked.
final class SendRules {
    private final PaymentFacts facts;
    private final Claims claims;
    private final Rounding rounding;
    private final RuleSet rules;
    private final FeeRules fees;
    private final Matching matching;

    SendRules(
            PaymentFacts facts,
            Claims claims,
            Rounding rounding,
            RuleSet rules,
            FeeRules fees,
            Matching matching) {
        this.facts = facts;
        this.claims = claims;
        this.rounding = rounding;
        this.rules = rules;
        this.fees = fees;
        this.matching = matching;
    }

    void decide(long expected, long booked) {
        List<BookEntry> entries =
                facts.books()
                        .net(EntryKind.PAYMENT, EntryKind.ADJUSTMENT_IN, EntryKind.ADJUSTMENT_OUT);
        long bookedFee = fees.bookedMsat();
        if (expected > 0 && booked == 0 && entries.isEmpty()) {
            decideNotBooked(facts.payer().orElseThrow(), expected, bookedFee);
        } else if (expected > 0) {
            decideBooked(expected, booked, entries);
        } else if (facts.isWithinFleet()) {
            decideTransfer(booked);
        } else if (booked + bookedFee != 0) {
            new UnfoundedRules(facts, claims, rules)
                    .decidePayment(
                            booked + bookedFee,
                            Stream.concat(entries.stream(), fees.entries().stream()).toList());
        }
    }

    private void decideTransfer(long booked) {
        if (booked != 0) {
            new ResidueRule(facts, claims, rounding).amountDiffers(Math.abs(booked), facts.payer());
        }
        fees.decide(Code.REBALANCE_NOT_BOOKED, true);
    }

    private void decideNotBooked(NodeId node, long expected, long bookedFee) {
        Claim claim = notBooked(node, expected, bookedFee);
        if (claim.code() != Code.SETTLED_NOT_BOOKED) {
            claims.add(claim);
            return;
        }
        long fee = bookedFee == 0 ? facts.feeMsat() : 0;
        long matched = matching.decidePayment(node, expected, fee, claim);
        if (matched == expected) {
            fees.decide(Code.FEE_NOT_BOOKED, false);
        }
    }

    private Claim notBooked(NodeId node, long expected, long bookedFee) {
        Instant event = facts.resolvedAt(node);
        if (isHoldReleased()) {
            List<BookEntry> releases = facts.books().net(EntryKind.HOLD_RELEASE);
            return Claim.of(
                            Code.STATUS_CONFLICT,
                            node,
                            expected,
                            Entries.bothKnown(event, releases))
                    .onceReadPast(event)
                    .saying(
                            "The books released the hold as if nothing was paid; %s paid %s."
                                    .formatted(Sats.text(node), Sats.text(expected)))
                    .nodeSays(-expected);
        }
        long whole = Math.addExact(expected, facts.feeMsat());
        long amount = bookedFee == 0 ? whole : expected;
        Duration grace = facts.settings(rules, Code.SETTLED_NOT_BOOKED, node).graceBooks();
        return Claim.of(Code.SETTLED_NOT_BOOKED, node, amount, event.plus(grace))
                .onceReadPast(event)
                .saying(
                        () ->
                                "%s paid %s; the books have no entry."
                                        .formatted(Sats.text(node), Sats.text(amount)))
                .nodeSays(-whole)
                .booksSay(bookedFee == 0 ? OptionalLong.empty() : OptionalLong.of(-bookedFee));
    }

    private boolean isHoldReleased() {
        long held = facts.books().sumMsat(EntryKind.HOLD);
        return held > 0 && facts.books().sumMsat(EntryKind.HOLD_RELEASE) >= held;
    }

    private void decideBooked(long expected, long booked, List<BookEntry> entries) {
        NodeId node = facts.payer().orElseThrow();
        Instant known = Entries.bothKnown(facts.resolvedAt(node), entries);
        boolean isWrongNode =
                new WrongNodeRule(facts, claims)
                        .decide(
                                node,
                                facts.books().net(EntryKind.PAYMENT),
                                expected,
                                isRounding(node),
                                known);
        if (booked == expected || rounding.accepts(isRounding(node), booked - expected, booked)) {
            fees.decide(Code.FEE_NOT_BOOKED, !isWrongNode);
            return;
        }
        Optional<Claim> claim =
                explained(node, expected, booked, known)
                        .or(
                                () ->
                                        isWrongNode
                                                ? Optional.empty()
                                                : Optional.of(
                                                        differs(node, expected, booked, known)));
        if (claim.isPresent() && isTolerated(claim.get(), node, booked - expected, booked)) {
            fees.decide(Code.FEE_NOT_BOOKED, !isWrongNode);
            return;
        }
        claim.map(one -> withBoth(one, expected, booked)).ifPresent(claims::add);
    }

    /// Both sides with their fees; without, where a part is booked as the other and the sums would look alike.
    private Claim withBoth(Claim claim, long expected, long booked) {
        long paid = Math.addExact(expected, facts.feeMsat());
        long inBooks = Math.addExact(booked, fees.bookedMsat());
        return paid == inBooks
                ? claim.nodeSays(-expected).booksSay(-booked)
                : claim.nodeSays(-paid).booksSay(-inBooks);
    }

    private boolean isRounding(NodeId node) {
        return facts.settings(rules, Code.AMOUNT_DIFFERS, node).isRounding(EntryKind.PAYMENT);
    }

    private boolean isTolerated(Claim claim, NodeId node, long residue, long booked) {
        Msat tolerance = facts.settings(rules, claim.code(), node).tolerance();
        return rounding.tolerates(tolerance, residue, booked);
    }

    /// The first narrower code that explains why the amounts differ.
    private Optional<Claim> explained(NodeId node, long expected, long booked, Instant known) {
        List<BookEntry> entries = facts.books().net(EntryKind.PAYMENT);
        if (Amounts.isUnitError(booked, expected)) {
            return Optional.of(
                    Claim.of(Code.UNIT_ERROR, node, Math.abs(booked - expected), known)
                            .saying(Amounts.unitSentence(node, booked, expected)));
        }
        long surplus = Amounts.surplus(entries, booked, expected, isRounding(node));
        return surplus > 0
                ? Optional.of(
                        Claim.of(
                                        Code.DUPLICATE_POSTING,
                                        node,
                                        Math.addExact(surplus, fees.surplusMsat()),
                                        known)
                                .saying(
                                        duplicateSentence(
                                                node, entries, expected, booked, surplus)))
                : Optional.empty();
    }

    private String duplicateSentence(
            NodeId node, List<BookEntry> entries, long expected, long booked, long surplus) {
        String sentence = Amounts.duplicateSentence(node, entries, expected, booked, surplus);
        return fees.surplusMsat() == 0
                ? sentence
                : "%s So is %s of the fee.".formatted(sentence, Sats.text(fees.surplusMsat()));
    }

    private Claim differs(NodeId node, long expected, long booked, Instant known) {
        long feeDifference = Math.abs(fees.bookedMsat() - facts.feeMsat());
        String sentence =
                feeDifference == 0
                        ? Amounts.differsSentence(node, expected, booked)
                        : "%s says %s and a fee of %s, the books say %s and a fee of %s: %s and %s apart."
                                .formatted(
                                        Sats.text(node),
                                        Sats.text(expected),
                                        Sats.text(facts.feeMsat()),
                                        Sats.text(booked),
                                        Sats.text(fees.bookedMsat()),
                                        Sats.text(Math.abs(booked - expected)),
                                        Sats.text(feeDifference));
        return Claim.of(
                        Code.AMOUNT_DIFFERS,
                        node,
                        Math.addExact(Math.abs(booked - expected), feeDifference),
                        known)
                .saying(sentence);
    }
}
