package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.ReceiptState;

/// The books say done, and no node of the fleet says so: it knows nothing of it, or that it did not come about.
final class UnfoundedRules {
    private final PaymentFacts facts;
    private final Claims claims;
    private final RuleSet rules;

    UnfoundedRules(PaymentFacts facts, Claims claims, RuleSet rules) {
        this.facts = facts;
        this.claims = claims;
        this.rules = rules;
    }

    /// Receipts are booked, and nothing has settled.
    void decideReceipt(long booked, List<BookEntry> entries) {
        if (facts.item().receipts().isEmpty()) {
            notOnNode(booked, entries, true);
            return;
        }
        boolean isTerminal =
                facts.item().receipts().values().stream()
                        .allMatch(receipt -> receipt.state() == ReceiptState.CANCELED);
        NodeId node = preferred(entries, facts.item().receipts());
        Instant booking = Entries.lastBooked(entries);
        String state = Halves.text(facts.receipt(node).state());
        statusConflict(
                Claim.of(
                                Code.STATUS_CONFLICT,
                                node,
                                Math.abs(booked),
                                isTerminal ? booking : booking.plus(rules.graceNode()))
                        .saying(
                                "The books say received; %s says %s."
                                        .formatted(Sats.text(node), state))
                        .booksSay(booked),
                booking);
    }

    /// A payment or its fee is booked, and none has succeeded.
    void decidePayment(long booked) {
        List<BookEntry> entries =
                List.of(EntryKind.PAYMENT, EntryKind.ROUTING_FEE, EntryKind.REBALANCE_FEE).stream()
                        .flatMap(kind -> facts.books().net(kind).stream())
                        .toList();
        Map<NodeId, Payment> payments = facts.item().payments();
        if (entries.isEmpty()) {
            return; // Only adjustments: the residue tells.
        }
        if (payments.isEmpty()) {
            notOnNode(booked, entries, false);
        } else if (payments.values().stream().anyMatch(payment -> !payment.isTerminal())) {
            claims.await();
        } else {
            NodeId node = preferred(entries, payments);
            Instant known = Entries.bothKnown(facts.resolvedAt(node), entries);
            statusConflict(
                    Claim.of(Code.STATUS_CONFLICT, node, Math.abs(booked), known)
                            .saying(
                                    "The books say paid; %s says it failed."
                                            .formatted(Sats.text(node)))
                            .booksSay(-booked),
                    Entries.lastBooked(entries));
        }
    }

    void notOnNode(long booked, List<BookEntry> entries, boolean isIn) {
        if (entries.isEmpty()) {
            return; // Only adjustments: the residue tells.
        }
        Instant booking = Entries.lastBooked(entries);
        Optional<NodeId> named =
                entries.stream().flatMap(entry -> entry.node().stream()).findFirst();
        claims.add(
                Claim.of(
                                Code.BOOKED_NOT_ON_NODE,
                                named,
                                Math.abs(booked),
                                booking.plus(rules.graceNode()))
                        .onceReadPast(booking)
                        .saying(
                                "Entry %s over %s names a reference no node knows; all nodes are read past its time."
                                        .formatted(
                                                entries.getFirst().entryId(),
                                                Sats.text(Math.abs(booked))))
                        .booksSay(isIn ? booked : -booked));
    }

    private void statusConflict(Claim claim, Instant booking) {
        claims.add(claim.onceReadPast(booking).nodeSays(0));
    }

    /// The node that the entries name, where it knows of the item; else the first that does.
    static <T> NodeId preferred(List<BookEntry> entries, Map<NodeId, T> halves) {
        return entries.stream()
                .flatMap(entry -> entry.node().stream())
                .filter(halves::containsKey)
                .findFirst()
                .orElseGet(() -> halves.keySet().stream().findFirst().orElseThrow());
    }
}
