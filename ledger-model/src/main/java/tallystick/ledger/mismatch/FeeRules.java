package tallystick.ledger.mismatch;

import static java.util.Comparator.naturalOrder;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
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

    FeeRules(PaymentFacts facts, Claims claims, Rounding rounding, RuleSet rules) {
        this.facts = facts;
        this.claims = claims;
        this.rounding = rounding;
        this.rules = rules;
    }

    long bookedMsat() {
        return facts.books().sumMsat(EntryKind.ROUTING_FEE, EntryKind.REBALANCE_FEE);
    }

    /// What equal fee entries hold beyond the fee. Unit: msat.
    long surplusMsat() {
        return Amounts.surplus(
                facts.books().net(EntryKind.ROUTING_FEE), bookedMsat(), facts.feeMsat());
    }

    /// For a payment whose amount agrees.
    void decide(long booked, Code whenAbsent) {
        NodeId node = facts.payer().orElseThrow();
        long fee = facts.feeMsat();
        if (booked == 0 && fee > 0) {
            claims.add(notBooked(node, whenAbsent));
        } else if (booked != fee && !rounding.accepts(booked - fee, booked)) {
            claims.add(differs(node, booked));
        }
        decideBudget(node);
    }

    private Claim notBooked(NodeId node, Code code) {
        boolean isRebalance = code == Code.REBALANCE_NOT_BOOKED;
        String sentence =
                isRebalance
                        ? "A payment between own nodes cost %s; no entry."
                        : "The payment is booked, its fee of %s is not.";
        return claim(code, node, facts.feeMsat())
                .saying(sentence.formatted(Sats.text(facts.feeMsat())))
                .nodeSays(isRebalance ? -facts.feeMsat() : nodeSays())
                .booksSay(
                        isRebalance
                                ? OptionalLong.empty()
                                : OptionalLong.of(-facts.books().sumMsat(EntryKind.PAYMENT)));
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
        return Claim.of(code, node, amount, event.plus(rules.graceBooks())).onceReadPast(event);
    }

    private long nodeSays() {
        return -Math.addExact(facts.sentMsat(), facts.feeMsat());
    }

    private void decideBudget(NodeId node) {
        List<BookEntry> limited =
                facts.books().net(EntryKind.HOLD).stream()
                        .filter(hold -> hold.feeLimit().isPresent())
                        .toList();
        Optional<Msat> limit =
                limited.stream().flatMap(hold -> hold.feeLimit().stream()).max(naturalOrder());
        limit.filter(highest -> facts.feeMsat() > highest.value())
                .ifPresent(highest -> claims.add(overBudget(node, highest.value(), limited)));
    }

    private Claim overBudget(NodeId node, long limit, List<BookEntry> limited) {
        long excess = facts.feeMsat() - limit;
        return Claim.of(
                        Code.FEE_OVER_BUDGET,
                        node,
                        excess,
                        Entries.bothKnown(facts.resolvedAt(node), limited))
                .saying(
                        "The fee was %s, %s above the hold's limit."
                                .formatted(Sats.text(facts.feeMsat()), Sats.text(excess)))
                .nodeSays(-facts.feeMsat())
                .booksSay(-limit);
    }
}
