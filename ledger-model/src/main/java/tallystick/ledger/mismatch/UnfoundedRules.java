package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.Receipt;
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
        Map<NodeId, Receipt> receipts = facts.item().receipts();
        if (receipts.isEmpty()) {
            notOnNodes(booked, entries, true);
            return;
        }
        boolean isTerminal =
                receipts.values().stream()
                        .allMatch(receipt -> receipt.state() == ReceiptState.CANCELED);
        NodeId node = preferred(entries, receipts);
        Receipt receipt = facts.receipt(node);
        statusConflict(
                node,
                booked,
                entries,
                isTerminal ? receipt.canceledSeenAt() : Optional.empty(),
                nothingCame(node, receipt, booked));
    }

    private static String nothingCame(NodeId node, Receipt receipt, long booked) {
        return receipt.settledSets() > 0
                ? "The books say %s received under the hash of an AMP invoice; what came to %s is under its set ids, %d so far."
                        .formatted(Sats.text(booked), Sats.text(node), receipt.settledSets())
                : "The books say %s received; %s says %s, and nothing came."
                        .formatted(
                                Sats.text(booked), Sats.text(node), Halves.text(receipt.state()));
    }

    /// A payment or its fee is booked, and none has succeeded.
    void decidePayment(long booked, List<BookEntry> entries) {
        Map<NodeId, Payment> payments = facts.item().payments();
        if (payments.isEmpty()) {
            notOnNodes(booked, entries, false);
        } else if (facts.isUnderWay()) {
            claims.await();
        } else {
            NodeId node = preferred(entries, payments);
            String sentence =
                    "The books say %s paid; %s says it failed, and nothing left."
                            .formatted(Sats.text(booked), Sats.text(node));
            statusConflict(node, -booked, entries, Optional.of(facts.resolvedAt(node)), sentence);
        }
    }

    /// @param booked signed: in positive, out negative
    /// @param ended when the node was done with it; what is not ended gets the node's grace, and so does an end that comes later
    private void statusConflict(
            NodeId node,
            long booked,
            List<BookEntry> entries,
            Optional<Instant> ended,
            String sentence) {
        Instant booking = Entries.lastBooked(entries);
        Instant grace = booking.plus(facts.settings(rules, Code.STATUS_CONFLICT, node).graceNode());
        Instant due =
                ended.map(end -> Entries.bothKnown(end, entries))
                        .filter(known -> known.isBefore(grace))
                        .orElse(grace);
        claims.add(
                Claim.of(Code.STATUS_CONFLICT, node, Math.abs(booked), due)
                        .onceReadPast(booking)
                        .saying(sentence)
                        .nodeSays(0)
                        .booksSay(booked));
    }

    /// Where entries name several nodes, each of these is told of its own; what names none goes with the first.
    private void notOnNodes(long booked, List<BookEntry> entries, boolean isIn) {
        List<NodeId> named =
                entries.stream().flatMap(entry -> entry.node().stream()).distinct().toList();
        if (named.size() < 2) {
            notOnNode(booked, entries, isIn);
            return;
        }
        for (NodeId node : named) {
            List<BookEntry> own =
                    entries.stream()
                            .filter(entry -> entry.node().orElse(named.getFirst()).equals(node))
                            .toList();
            long income = Entries.incomeMsat(own);
            notOnNode(isIn ? income : -income, own, isIn);
        }
    }

    void notOnNode(long booked, List<BookEntry> entries, boolean isIn) {
        Instant booking = Entries.lastBooked(entries);
        Optional<NodeId> named =
                entries.stream().flatMap(entry -> entry.node().stream()).findFirst();
        Claim claim =
                Claim.of(
                                Code.BOOKED_NOT_ON_NODE,
                                named,
                                Math.abs(booked),
                                booking.plus(
                                        facts.settings(rules, Code.BOOKED_NOT_ON_NODE, named)
                                                .graceNode()))
                        .onceReadPast(booking)
                        .saying(notOnNodeSentence(Math.abs(booked), entries, isIn))
                        .booksSay(isIn ? booked : -booked);
        claims.add(isIn ? claim.unlessGaps() : claim);
    }

    private String notOnNodeSentence(long booked, List<BookEntry> entries, boolean isIn) {
        String subject = Entries.subject(entries, booked, "names");
        return facts.nodes()
                .findFirst()
                .map(
                        node ->
                                "%s a reference under which %s has a %s, but no node a %s; all nodes are read past that time."
                                        .formatted(
                                                subject,
                                                Sats.text(node),
                                                isIn ? "payment" : "receipt",
                                                isIn ? "receipt" : "payment"))
                .orElseGet(
                        () ->
                                "%s a reference no node knows; all nodes are read past that time."
                                        .formatted(subject));
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
