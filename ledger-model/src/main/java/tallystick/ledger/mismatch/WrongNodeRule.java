package tallystick.ledger.mismatch;

import static java.util.stream.Collectors.joining;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
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
    ///
    /// @param entries of one kind
    /// @param expected what they should sum to
    /// @param isRounding whether whole satoshis of such entries agree
    boolean decide(
            NodeId node,
            List<BookEntry> entries,
            long expected,
            boolean isRounding,
            Instant known) {
        List<BookEntry> elsewhere = elsewhere(node, entries);
        long booked = Entries.sumMsat(elsewhere).orElse(0);
        long inPlace = Entries.sumMsat(entries).orElse(0) - booked;
        boolean isWhole = inPlace > expected || Rounding.agree(isRounding, inPlace, expected);
        if (elsewhere.isEmpty() || isWhole) {
            return false; // What is booked beyond a settlement is too much, under whatever node.
        }
        boolean isIn = entries.getFirst().kind() == EntryKind.RECEIPT;
        // That the other node has none of it is known only when it is read.
        claims.add(
                Claim.of(Code.WRONG_NODE, node, booked, known)
                        .onceReadPast(known)
                        .saying(
                                "%s settled %s; %s is booked under %s%s."
                                        .formatted(
                                                Sats.text(node),
                                                Sats.text(expected),
                                                Sats.text(booked),
                                                nodes(elsewhere),
                                                difference(booked + inPlace - expected)))
                        .nodeSays(isIn ? expected : -expected)
                        .booksSay(isIn ? booked : -booked));
        return true;
    }

    private static String nodes(List<BookEntry> elsewhere) {
        return elsewhere.stream()
                .flatMap(entry -> entry.node().stream())
                .distinct()
                .map(Sats::text)
                .collect(joining(" and "));
    }

    /// That of the amounts, as no other mismatch tells it while the node is wrong.
    private static String difference(long msat) {
        if (msat == 0) {
            return "";
        }
        return "; in all %s too %s is booked"
                .formatted(Sats.text(Math.abs(msat)), msat > 0 ? "much" : "little");
    }

    private List<BookEntry> elsewhere(NodeId node, List<BookEntry> entries) {
        List<BookEntry> elsewhere = List.of(); // As nearly always.
        for (BookEntry entry : entries) {
            if (isElsewhere(node, entry)) {
                elsewhere = new ArrayList<>(elsewhere);
                elsewhere.add(entry);
            }
        }
        return elsewhere;
    }

    private boolean isElsewhere(NodeId node, BookEntry entry) {
        return entry.node().isPresent()
                && !entry.node().get().equals(node)
                && !isSettledAt(entry.node().get(), entry.kind());
    }

    private boolean isSettledAt(NodeId node, EntryKind kind) {
        Receipt receipt = facts.item().receipts().get(node);
        Payment payment = facts.item().payments().get(node);
        return kind == EntryKind.RECEIPT
                ? receipt != null && receipt.isSettled()
                : payment != null && payment.isSucceeded();
    }
}
