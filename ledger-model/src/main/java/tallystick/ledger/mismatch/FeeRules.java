package tallystick.ledger.mismatch;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;

/// What a payment cost on its way, against the fees in the books.
final class FeeRules {
    private final PaymentFacts facts;
    private final Claims claims;
    private final Rounding rounding;
    private final RuleSet rules;

    private final long adjustmentMsat;

    FeeRules(
            PaymentFacts facts,
            Claims claims,
            Rounding rounding,
            RuleSet rules,
            long adjustmentMsat) {
        this.facts = facts;
        this.claims = claims;
        this.rounding = rounding;
        this.rules = rules;
        this.adjustmentMsat = adjustmentMsat;
    }

    List<BookEntry> entries() {
        return facts.books().net(EntryKind.ROUTING_FEE, EntryKind.REBALANCE_FEE);
    }

    long bookedMsat() {
        return Entries.sumMsat(entries()).orElse(0) + adjustmentMsat;
    }

    /// What equal fee entries hold beyond the fee. Unit: msat.
    long surplusMsat() {
        return Amounts.surplus(
                entries(), bookedMsat(), facts.feeMsat(), isRounding(facts.payer().orElseThrow()));
    }

    /// For a payment whose amount agrees. A fee of the other kind counts in the sum, but agrees with nothing: it is another expense.
    ///
    /// @param checksNode false when the payment itself is booked under the wrong node: its fee goes with it
    void decide(Code whenAbsent, boolean checksNode) {
        NodeId node = facts.payer().orElseThrow();
        long booked = bookedMsat();
        long fee = facts.feeMsat();
        List<BookEntry> misnamed = misnamed(whenAbsent);
        long otherKind = Entries.sumMsat(misnamed).orElse(0);
        if (booked == otherKind && fee > 0) {
            claims.add(notBooked(node, whenAbsent, misnamed));
        } else if (booked != fee && !rounding.accepts(isRounding(node), booked - fee, booked)) {
            Claim claim = surplusMsat() > 0 ? duplicate(node) : differs(node, booked);
            Msat tolerance = facts.settings(rules, claim.code(), node).tolerance();
            if (!rounding.tolerates(tolerance, booked - fee, booked)) {
                claims.add(claim);
            }
        } else if (otherKind > 0) {
            claims.add(inPartMisnamed(node, misnamed, otherKind));
        } else if (checksNode) {
            Instant known = Entries.bothKnown(facts.resolvedAt(node), entries());
            new WrongNodeRule(facts, claims).decide(node, entries(), fee, isRounding(node), known);
        }
    }

    private boolean isRounding(NodeId node) {
        return facts.settings(rules, Code.FEE_DIFFERS, node)
                .isRounding(
                        facts.isWithinFleet() ? EntryKind.REBALANCE_FEE : EntryKind.ROUTING_FEE);
    }

    private Claim duplicate(NodeId node) {
        Instant known = Entries.bothKnown(facts.resolvedAt(node), entries());
        return Claim.of(Code.DUPLICATE_POSTING, node, surplusMsat(), known)
                .saying(
                        Amounts.duplicateSentence(
                                node, entries(), facts.feeMsat(), bookedMsat(), surplusMsat()))
                .nodeSays(-facts.feeMsat())
                .booksSay(-bookedMsat());
    }

    /// Entries of the kind that this fee is not. What goes partly to a sister node may have fees of both kinds.
    private List<BookEntry> misnamed(Code whenAbsent) {
        if (whenAbsent == Code.REBALANCE_NOT_BOOKED) {
            return facts.books().net(EntryKind.ROUTING_FEE);
        }
        return facts.isWithinFleet() ? List.of() : facts.books().net(EntryKind.REBALANCE_FEE);
    }

    private Claim notBooked(NodeId node, Code code, List<BookEntry> misnamed) {
        boolean isRebalance = code == Code.REBALANCE_NOT_BOOKED;
        String sentence =
                isRebalance
                        ? "A payment between own nodes cost %s; no rebalance_fee is booked"
                        : "The payment is booked, its routing fee of %s is not";
        String instead = misnamed.isEmpty() ? "." : "; " + bookedAs(misnamed);
        return claim(code, node, facts.feeMsat())
                .saying(() -> sentence.formatted(Sats.text(facts.feeMsat())) + instead)
                .nodeSays(isRebalance ? -facts.feeMsat() : nodeSays())
                .booksSay(
                        isRebalance
                                ? OptionalLong.empty()
                                : OptionalLong.of(-facts.books().sumMsat(EntryKind.PAYMENT)));
    }

    private Claim inPartMisnamed(NodeId node, List<BookEntry> misnamed, long otherKind) {
        long booked = bookedMsat() - otherKind;
        return claim(Code.FEE_DIFFERS, node, otherKind)
                .saying(
                        "The fee was %s; the books say %s, and %s"
                                .formatted(
                                        Sats.text(facts.feeMsat()),
                                        Sats.text(booked),
                                        bookedAs(misnamed)))
                .nodeSays(nodeSays())
                .booksSay(-Math.addExact(facts.books().sumMsat(EntryKind.PAYMENT), booked));
    }

    private static String bookedAs(List<BookEntry> misnamed) {
        EntryKind kind = misnamed.getFirst().kind();
        return "%s is booked as %s, though the payment %s."
                .formatted(
                        Sats.text(Entries.sumMsat(misnamed).orElse(0)),
                        kind.text(),
                        kind == EntryKind.REBALANCE_FEE
                                ? "went outside the fleet"
                                : "stayed in the fleet");
    }

    private Claim differs(NodeId node, long booked) {
        return claim(Code.FEE_DIFFERS, node, Math.abs(booked - facts.feeMsat()))
                .saying(
                        "The fee was %s; the books say %s."
                                .formatted(Sats.text(facts.feeMsat()), Sats.text(booked)))
                .nodeSays(nodeSays())
                .booksSay(-Math.addExact(facts.books().sumMsat(EntryKind.PAYMENT), booked));
    }

    /// What to expect presupposes to know whether the other side is a sister node.
    private Claim claim(Code code, NodeId node, long amount) {
        Instant event = facts.resolvedAt(node);
        Duration grace = facts.settings(rules, code, node).graceBooks();
        return Claim.of(code, node, amount, event.plus(grace)).onceReadPast(event);
    }

    private long nodeSays() {
        return -Math.addExact(facts.sentMsat(), facts.feeMsat());
    }
}
