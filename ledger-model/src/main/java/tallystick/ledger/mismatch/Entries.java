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

    /// What they bring in, less what they take out. Unit: msat.
    static long incomeMsat(List<BookEntry> entries) {
        long sum = 0;
        for (BookEntry entry : entries) {
            sum = Math.addExact(sum, entry.incomeMsat());
        }
        return sum;
    }

    /// Entries as the subject of a sentence, for example `Entry e1 over 5.000 sat names`.
    ///
    /// @param entries at least one
    /// @param verb as it goes with one entry; with more it loses its last letter
    static String subject(List<BookEntry> entries, long msat, String verb) {
        String first = entries.getFirst().entryId();
        return entries.size() == 1
                ? "Entry %s over %s %s".formatted(first, Sats.text(msat), verb)
                : "Entry %s and %d more, over %s together, %s"
                        .formatted(
                                first,
                                entries.size() - 1,
                                Sats.text(msat),
                                verb.substring(0, verb.length() - 1));
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
