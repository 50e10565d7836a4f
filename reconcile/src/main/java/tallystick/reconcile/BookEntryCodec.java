package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import java.time.LocalDate;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;

/// Book entries as messages in Kafka.
final class BookEntryCodec {
    /// What the books name becomes part of index entries, which Postgres limits to 2,704 bytes.
    private static final int NAME_MAX = 500;

    private static final String KIND = "ENTRY_KIND_";

    private static final Map<tallystick.proto.v1.EntryKind, EntryKind> KINDS = kinds();

    private BookEntryCodec() {}

    static BookEntry decode(tallystick.proto.v1.BookEntry message) {
        BookEntry entry =
                new BookEntry(
                        name("entry_id", message.getEntryId()),
                        name("source", message.getSource()),
                        Times.ofNanos(message.getBookedAtNs()),
                        LocalDate.parse(message.getValueDate()),
                        kind(message),
                        optional(message.getNode()).map(NodeId::new),
                        Reference.parse(name("reference", message.getReference())),
                        Msat.of(message.getAmountMsat()),
                        name("account", message.getAccount()),
                        optional(name("order", message.getOrder())),
                        optional(name("reverses", message.getReverses())),
                        message.getMemo(),
                        message.hasFeeLimitMsat()
                                ? Optional.of(Msat.of(message.getFeeLimitMsat()))
                                : Optional.empty());
        return entry.requireFitting();
    }

    private static Map<tallystick.proto.v1.EntryKind, EntryKind> kinds() {
        Map<tallystick.proto.v1.EntryKind, EntryKind> result =
                new EnumMap<>(tallystick.proto.v1.EntryKind.class);
        for (EntryKind kind : EntryKind.values()) {
            result.put(tallystick.proto.v1.EntryKind.valueOf(KIND + kind.name()), kind);
        }
        return result;
    }

    private static EntryKind kind(tallystick.proto.v1.BookEntry message) {
        return switch (message.getKind()) {
            case ENTRY_KIND_UNSPECIFIED, UNRECOGNIZED ->
                    throw RecordCodec.unknown("kind", message.getKindValue());
            default -> requireNonNull(KINDS.get(message.getKind()), "kind");
        };
    }

    static String name(String field, String text) {
        if (text.length() > NAME_MAX) {
            throw new IllegalArgumentException(
                    "%s: %d characters (expected: at most %d)"
                            .formatted(field, text.length(), NAME_MAX));
        }
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(
                    "%s: a NUL character in it (expected: text)".formatted(field));
        }
        return text;
    }

    private static Optional<String> optional(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }
}
