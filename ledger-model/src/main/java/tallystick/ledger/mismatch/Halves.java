package tallystick.ledger.mismatch;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tallystick.ledger.NodeId;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.NetBooks;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.mismatch.Finding.HalfLine;

/// The two halves of an item, line by line, for people.
final class Halves {
    private final PaymentFacts facts;

    Halves(PaymentFacts facts) {
        this.facts = facts;
    }

    List<HalfLine> node() {
        List<HalfLine> lines = new ArrayList<>();
        facts.item().receipts().forEach((node, receipt) -> lines.add(line(node, receipt)));
        facts.item().payments().forEach((node, payment) -> lines.add(line(node, payment)));
        return lines;
    }

    /// Every entry, also what was taken back.
    static List<HalfLine> of(NetBooks books) {
        return books.all().stream().map(entry -> line(books, entry)).toList();
    }

    /// A state as sentences give it, for example `in flight`.
    static String text(Enum<?> state) {
        return state.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private HalfLine line(NodeId node, Receipt receipt) {
        return new HalfLine(
                node.pubkey(),
                "receipt, " + text(receipt.state()),
                receipt.received().value(),
                Optional.of(facts.receivedAt(node)));
    }

    private HalfLine line(NodeId node, Payment payment) {
        return new HalfLine(
                node.pubkey(),
                "payment, " + text(payment.state()),
                payment.isSucceeded()
                        ? -PaymentFacts.sentMsat(payment) - PaymentFacts.feeMsat(payment)
                        : 0,
                Optional.of(facts.resolvedAt(node)));
    }

    private static HalfLine line(NetBooks books, BookEntry entry) {
        return new HalfLine(
                entry.node().map(NodeId::pubkey).orElse(""),
                "%s, entry %s".formatted(entry.kind().text().replace('_', ' '), entry.entryId()),
                signedMsat(books, entry),
                Optional.of(entry.bookedAt()));
    }

    private static long signedMsat(NetBooks books, BookEntry entry) {
        BookEntry effective = books.reversedBy(entry).orElse(entry);
        if (effective.kind() == EntryKind.REVERSAL) {
            return 0; // It takes nothing back: its entry has not come, is gone, or has another
            // amount.
        }
        boolean isIn =
                switch (effective.kind().effect()) {
                    case MONEY_IN -> true;
                    case MONEY_OUT, NONE, OPPOSITE -> effective.kind() == EntryKind.HOLD_RELEASE;
                };
        return isIn == effective.equals(entry)
                ? effective.amount().value()
                : -effective.amount().value();
    }
}
