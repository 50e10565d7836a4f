package tallystick.ledger.item;

import java.time.Instant;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.ledger.Msat;
import tallystick.ledger.books.BookEntry;

/// A book entry that stands, and how its number was used again with other content.
///
/// @param reused by amount when an entry over it was first booked
public record StandingEntry(BookEntry entry, SortedMap<Msat, Instant> reused) {
    public StandingEntry {
        reused =
                reused.isEmpty()
                        ? Collections.emptySortedMap() // As nearly always.
                        : Collections.unmodifiableSortedMap(new TreeMap<>(reused));
    }

    public static StandingEntry of(BookEntry entry) {
        return new StandingEntry(entry, Collections.emptySortedMap());
    }

    /// Without what people wrote.
    StandingEntry withoutTexts() {
        return new StandingEntry(entry.withoutTexts(), reused);
    }

    /// The first to come stands; the same content again is a repeat.
    StandingEntry withLater(BookEntry later) {
        if (later.equals(entry)) {
            return this;
        }
        SortedMap<Msat, Instant> all = new TreeMap<>(reused);
        all.merge(
                later.amount(),
                later.bookedAt(),
                (one, other) -> one.isBefore(other) ? one : other);
        return new StandingEntry(entry, all);
    }
}
