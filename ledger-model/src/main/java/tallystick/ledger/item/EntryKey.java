package tallystick.ledger.item;

import static java.util.Comparator.comparing;

import java.util.Comparator;

/// The identity of a book entry.
public record EntryKey(String source, String entryId) implements Comparable<EntryKey> {
    private static final Comparator<EntryKey> ORDER =
            comparing(EntryKey::source).thenComparing(EntryKey::entryId);

    @Override
    public int compareTo(EntryKey other) {
        return ORDER.compare(this, other);
    }
}
