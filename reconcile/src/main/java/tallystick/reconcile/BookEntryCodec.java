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

    /// Of `2026-11-27`.
    private static final int DAY_LENGTH = 10;

    private static final String KIND = "ENTRY_KIND_";

    private static final Map<tallystick.proto.v1.EntryKind, EntryKind> KINDS = kinds();

    private BookEntryCodec() {}

    static BookEntry decode(tallystick.proto.v1.BookEntry message) {
        BookEntry entry =
                new BookEntry(
                        name("entry_id", message.getEntryId()),
                        name("source", message.getSource()),
                        Times.ofNanos(message.getBookedAtNs()),
                        day(message.getValueDate()),
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

    /// As `LocalDate.parse` reads it, which takes longer than all the rest of an entry; what is seldom it reads itself.
    private static LocalDate day(String text) {
        if (text.length() != DAY_LENGTH || text.charAt(4) != '-' || text.charAt(7) != '-') {
            return LocalDate.parse(text);
        }
        int year = digits(text, 0, 4);
        int month = digits(text, 5, 7);
        int day = digits(text, 8, DAY_LENGTH);
        boolean isPlain = year > 0 && month >= 1 && month <= 12 && day >= 1 && day <= 28;
        return isPlain ? LocalDate.of(year, month, day) : LocalDate.parse(text);
    }

    /// Less than zero where there is anything else than digits.
    private static int digits(String text, int from, int to) {
        int number = 0;
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = 10 * number + digit;
        }
        return number;
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
