package tallystick.ledger.item;

import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;
import tallystick.ledger.Msat;
import tallystick.ledger.books.BookEntry;

/// A book entry that stands, and the amounts under which its number was used again with other content.
public record StandingEntry(BookEntry entry, SortedSet<Msat> reusedAmounts) {
    public StandingEntry {
        reusedAmounts =
                reusedAmounts.isEmpty()
                        ? Collections.emptySortedSet() // As nearly always.
                        : Collections.unmodifiableSortedSet(new TreeSet<>(reusedAmounts));
    }

    public static StandingEntry of(BookEntry entry) {
        return new StandingEntry(entry, Collections.emptySortedSet());
    }

    /// Without what people wrote.
    StandingEntry withoutTexts() {
        return new StandingEntry(entry.withoutTexts(), reusedAmounts);
    }

    /// The first to come stands; the same content again is a repeat.
    StandingEntry withLater(BookEntry later) {
        if (later.equals(entry)) {
            return this;
        }
        SortedSet<Msat> amounts = new TreeSet<>(reusedAmounts);
        amounts.add(later.amount());
        return new StandingEntry(entry, amounts);
    }
}
