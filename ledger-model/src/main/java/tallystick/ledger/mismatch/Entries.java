package tallystick.ledger.mismatch;

import static java.util.Comparator.naturalOrder;

import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import tallystick.ledger.books.BookEntry;

/// Small questions about a list of book entries.
final class Entries {
    private Entries() {}

    /// Empty when there is no entry: the books say nothing. Unit: msat.
    static OptionalLong sumMsat(List<BookEntry> entries) {
        return entries.isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(
                        entries.stream()
                                .mapToLong(entry -> entry.amount().value())
                                .reduce(0, Math::addExact));
    }

    static Instant lastBooked(List<BookEntry> entries) {
        return entries.stream().map(BookEntry::bookedAt).max(naturalOrder()).orElse(Instant.EPOCH);
    }

    /// When both the event and its entries were there.
    static Instant bothKnown(Instant event, List<BookEntry> entries) {
        Instant booked = lastBooked(entries);
        return booked.isAfter(event) ? booked : event;
    }
}
