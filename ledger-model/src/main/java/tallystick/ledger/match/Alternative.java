package tallystick.ledger.match;

import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingInt;

import java.util.Collections;
import java.util.Comparator;
import java.util.SortedSet;
import java.util.TreeSet;

/// One way in which entries and settlements may belong together: their sums are equal. Immutable.
///
/// @param bookings ids, at least one
/// @param candidates ids, at least one
/// @param withFees true when the entries hold the fees too
public record Alternative(
        SortedSet<String> bookings, SortedSet<String> candidates, boolean withFees)
        implements Comparable<Alternative> {
    /// The simplest first; among equals the order of ids.
    private static final Comparator<Alternative> ORDER =
            comparingInt(Alternative::size)
                    .thenComparing(one -> String.join("\n", one.bookings))
                    .thenComparing(one -> String.join("\n", one.candidates))
                    .thenComparing(comparing(Alternative::withFees));

    public Alternative {
        if (bookings.isEmpty() || candidates.isEmpty()) {
            throw new IllegalArgumentException(
                    "alternative: %s for %s (expected: at least one of each)"
                            .formatted(candidates, bookings));
        }
        bookings = Collections.unmodifiableSortedSet(new TreeSet<>(bookings));
        candidates = Collections.unmodifiableSortedSet(new TreeSet<>(candidates));
    }

    boolean overlaps(Alternative other) {
        return !Collections.disjoint(bookings, other.bookings)
                || !Collections.disjoint(candidates, other.candidates);
    }

    private int size() {
        return bookings.size() + candidates.size();
    }

    @Override
    public int compareTo(Alternative other) {
        return ORDER.compare(this, other);
    }
}
