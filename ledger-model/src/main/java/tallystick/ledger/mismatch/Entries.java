package tallystick.ledger.mismatch;

import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tallystick.ledger.books.BookEntry;

/// Small questions about a list of book entries.
final class Entries {
    private Entries() {}

    /// Empty when there is no entry: the books say nothing. Unit: msat.
    static OptionalLong sumMsat(List<BookEntry> entries) {
        if (entries.isEmpty()) {
            return OptionalLong.empty();
        }
        long sum = 0;
        for (BookEntry entry : entries) {
            sum = Math.addExact(sum, entry.amount().value());
        }
        return OptionalLong.of(sum);
    }

    static Instant lastBooked(List<BookEntry> entries) {
        @Nullable Instant last = null;
        for (BookEntry entry : entries) {
            if (last == null || entry.bookedAt().isAfter(last)) {
                last = entry.bookedAt();
            }
        }
        return last == null ? Instant.EPOCH : last;
    }

    /// When both the event and its entries were there.
    static Instant bothKnown(Instant event, List<BookEntry> entries) {
        Instant booked = lastBooked(entries);
        return booked.isAfter(event) ? booked : event;
    }
}
