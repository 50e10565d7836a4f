package tallystick.ingest.books;

import java.util.List;
import tallystick.ledger.books.BookEntry;

/// One good line of a file.
///
/// @param entries one per reference that the line names
public record BooksLine(long number, List<BookEntry> entries) {
    public BooksLine {
        entries = List.copyOf(entries);
        if (entries.isEmpty()) {
            throw new IllegalArgumentException(
                    "line %d: no entry (expected: at least one)".formatted(number));
        }
    }

    String entryId() {
        return entries.getFirst().entryId();
    }
}
