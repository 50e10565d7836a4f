package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.NetBooks;

/// What should be booked of a channel's opening or of its end, part by part, beside what is. Amounts in msat.
final class ChannelParts {
    /// A part that is booked with another amount than it has.
    ///
    /// @param sign of what it moves between the business and others: in positive, out negative, 0 between accounts of its own
    record Part(String name, int sign, long expected, long booked, List<BookEntry> entries) {
        long surplus() {
            return Amounts.surplus(entries, booked, expected, false);
        }

        long difference() {
            return Math.abs(Math.subtractExact(expected, booked));
        }

        /// What it leaves on clearing.
        long residue() {
            return Math.multiplyExact(sign, Math.subtractExact(expected, booked));
        }
    }

    private final NetBooks books;
    private final Instant event;
    private final List<String> missing = new ArrayList<>();
    private final List<Part> differing = new ArrayList<>();
    private long missingMsat;
    private long expectedMsat;
    private long bookedMsat;
    private long adjustedMsat;

    /// @param event what they are of
    ChannelParts(NetBooks books, Instant event) {
        this.books = books;
        this.event = event;
    }

    void expect(String name, long expected, EntryKind kind) {
        expect(name, expected, kind.effect().sign(), books.net(kind));
    }

    /// What belongs neither to the push nor to the end. Adjustments name no part: they agree when they make up for what the parts
    /// are booked with otherwise.
    void others(EntryKind push) {
        List<BookEntry> adjustments = books.net(EntryKind.ADJUSTMENT_IN, EntryKind.ADJUSTMENT_OUT);
        bookedMsat = Math.addExact(bookedMsat, Entries.sumMsat(adjustments).orElse(0));
        adjustedMsat = Entries.incomeMsat(adjustments);
        expect(
                "other amount",
                0,
                0,
                books.net().stream()
                        .filter(
                                entry ->
                                        entry.kind() != push
                                                && entry.kind() != EntryKind.CHANNEL_OPEN
                                                && entry.kind() != EntryKind.CHANNEL_CLOSE
                                                && entry.kind() != EntryKind.CHAIN_FEE
                                                && !adjustments.contains(entry))
                        .toList());
    }

    private void expect(String name, long expected, int sign, List<BookEntry> entries) {
        long booked = Entries.sumMsat(entries).orElse(0);
        expectedMsat = Math.addExact(expectedMsat, expected);
        bookedMsat = Math.addExact(bookedMsat, booked);
        if (expected > 0 && booked == 0) {
            missing.add(name + " of " + Sats.text(expected));
            missingMsat = Math.addExact(missingMsat, expected);
        } else if (expected != booked) {
            differing.add(new Part(name, sign, expected, booked, entries));
        }
    }

    /// Whole satoshis agree. Only of what moves money can a difference be moved to `rounding`; all else are whole satoshis.
    ///
    /// @param isOn whether the rules round such a part
    void round(Rounding rounding, Predicate<Part> isOn) {
        differing.removeIf(
                part ->
                        part.sign() != 0
                                && part.expected() > 0
                                && rounding.accepts(
                                        isOn.test(part), part.residue(), part.booked()));
    }

    boolean differ() {
        return missingMsat != 0 || isOtherwise();
    }

    /// True when something is booked otherwise. An adjustment alone may stand for what is missing.
    boolean isOtherwise() {
        return !differing.isEmpty() || (adjustedMsat != 0 && missingMsat == 0);
    }

    /// When the event was.
    Instant event() {
        return event;
    }

    /// The parts that are not booked at all, with their amounts in words.
    List<String> missing() {
        return missing;
    }

    long missingMsat() {
        return missingMsat;
    }

    List<Part> differing() {
        return differing;
    }

    long expectedMsat() {
        return expectedMsat;
    }

    long bookedMsat() {
        return bookedMsat;
    }

    /// What adjustments bring in, less what they take out.
    long adjustedMsat() {
        return adjustedMsat;
    }
}
