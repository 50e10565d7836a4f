package tallystick.ingest.books;

import java.util.Optional;
import tallystick.proto.v1.BookEntry;

/// The rules that every entry is held to, whichever way it comes in.
public final class EntryRules {
    private EntryRules() {}

    /// Every rule that an entry breaks, in words; empty when it is good.
    public static Optional<String> fault(BookEntry entry) {
        return switch (InboxMessage.of(entry)) {
            case InboxMessage.Good _ -> Optional.empty();
            case InboxMessage.Bad bad -> Optional.of(bad.reason());
        };
    }
}
