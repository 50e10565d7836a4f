package tallystick.ledger.mismatch;

import static java.util.Comparator.naturalOrder;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.Payment;

/// What the books hold back for a payment, against what became of it.
final class HoldRules {
    private final PaymentFacts facts;
    private final Claims claims;
    private final RuleSet rules;

    HoldRules(PaymentFacts facts, Claims claims, RuleSet rules) {
        this.facts = facts;
        this.claims = claims;
        this.rules = rules;
    }

    void decide() {
        facts.payer().ifPresent(this::decideBudget);
        long left =
                facts.books().sumMsat(EntryKind.HOLD)
                        - facts.books().sumMsat(EntryKind.HOLD_RELEASE);
        if (left == 0) {
            return;
        }
        List<BookEntry> entries =
                facts.books().net(left > 0 ? EntryKind.HOLD : EntryKind.HOLD_RELEASE);
        Map<NodeId, Payment> payments = facts.item().payments();
        if (payments.isEmpty()) {
            decideUnknown(left, entries);
        } else if (payments.values().stream().allMatch(Payment::isTerminal)) {
            NodeId node = UnfoundedRules.preferred(entries, payments);
            claims.add(left > 0 ? left(node, left, entries) : beyond(node, -left, entries));
        } else {
            claims.await();
        }
    }

    /// Where the payment itself is booked, that says enough.
    ///
    /// @param left less than zero when more was released than held
    private void decideUnknown(long left, List<BookEntry> entries) {
        if (facts.books()
                .net(EntryKind.PAYMENT, EntryKind.ROUTING_FEE, EntryKind.REBALANCE_FEE)
                .isEmpty()) {
            new UnfoundedRules(facts, claims, rules).notOnNode(left, entries, false);
        }
    }

    private Claim left(NodeId node, long left, List<BookEntry> holds) {
        Instant ended = facts.resolvedAt(node);
        Duration grace = facts.settings(rules, Code.PENDING_NOT_RESOLVED, node).graceBooks();
        Instant due = Entries.bothKnown(ended.plus(grace), holds);
        return Claim.of(Code.PENDING_NOT_RESOLVED, node, left, due)
                .saying(
                        () ->
                                "The payment ended at %s; %s is still held in the books."
                                        .formatted(ended, Sats.text(left)))
                .nodeSays(-facts.sentMsat() - facts.feeMsat())
                .booksSay(-left);
    }

    /// More was released than held: as wrong as an amount of money, though clearing does not know of it.
    private Claim beyond(NodeId node, long beyond, List<BookEntry> entries) {
        Duration grace = facts.settings(rules, Code.AMOUNT_DIFFERS, node).graceBooks();
        Instant due = Entries.bothKnown(facts.resolvedAt(node).plus(grace), entries);
        return Claim.of(Code.AMOUNT_DIFFERS, node, beyond, due)
                .saying(
                        "The books held %s and released %s: %s too much."
                                .formatted(
                                        Sats.text(facts.books().sumMsat(EntryKind.HOLD)),
                                        Sats.text(facts.books().sumMsat(EntryKind.HOLD_RELEASE)),
                                        Sats.text(beyond)));
    }

    private void decideBudget(NodeId node) {
        List<BookEntry> holds = facts.books().net(EntryKind.HOLD);
        if (holds.isEmpty()) { // As nearly always.
            return;
        }
        List<BookEntry> limited =
                holds.stream().filter(hold -> hold.feeLimit().isPresent()).toList();
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
