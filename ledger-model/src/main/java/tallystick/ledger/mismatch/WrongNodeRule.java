package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.Receipt;

/// The money is at one node, the entry names another.
final class WrongNodeRule {
    private final PaymentFacts facts;
    private final Claims claims;

    WrongNodeRule(PaymentFacts facts, Claims claims) {
        this.facts = facts;
        this.claims = claims;
    }

    /// True when it was booked under a node other than the one that holds the money.
    boolean decide(NodeId node, List<BookEntry> entries, Instant known) {
        Optional<NodeId> other =
                entries.stream()
                        .flatMap(entry -> entry.node().stream())
                        .filter(named -> !named.equals(node))
                        .filter(named -> !isSettledAt(named))
                        .findFirst();
        other.ifPresent(named -> claims.add(claim(node, named, entries, known)));
        return other.isPresent();
    }

    private Claim claim(NodeId node, NodeId other, List<BookEntry> entries, Instant known) {
        long booked =
                entries.stream()
                        .filter(entry -> entry.node().equals(Optional.of(other)))
                        .mapToLong(entry -> entry.amount().value())
                        .sum();
        boolean isReceipt = entries.getFirst().kind() == EntryKind.RECEIPT;
        return Claim.of(Code.WRONG_NODE, node, booked, known)
                .saying(
                        "Settled at %s, booked under %s."
                                .formatted(Sats.text(node), Sats.text(other)))
                .nodeSays(isReceipt ? facts.receivedMsat() : -facts.sentMsat())
                .booksSay(isReceipt ? booked : -booked);
    }

    private boolean isSettledAt(NodeId node) {
        Receipt receipt = facts.item().receipts().get(node);
        Payment payment = facts.item().payments().get(node);
        return (receipt != null && receipt.isSettled())
                || (payment != null && payment.isSucceeded());
    }
}
