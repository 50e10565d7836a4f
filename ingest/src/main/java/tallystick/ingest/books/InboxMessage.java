package tallystick.ingest.books;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tallystick.ledger.books.BookEntry;
import tallystick.proto.v1.EntryKind;
import tallystick.proto.v1.ReferenceAmount;

/// What another system wrote to the inbox, held to the rules of a CSV line: each field becomes the text that would stand in
/// its column.
sealed interface InboxMessage {
    /// @param entries one per reference, in canonical form
    /// @param unknown fields of a newer contract
    record Good(List<BookEntry> entries, UnknownFieldSet unknown) implements InboxMessage {
        public Good {
            entries = List.copyOf(entries);
        }
    }

    /// @param reason every rule that it breaks
    record Bad(String reason) implements InboxMessage {}

    static InboxMessage read(byte @Nullable [] value) {
        if (value == null) {
            return new Bad("value: none (expected: a BookEntry)");
        }
        tallystick.proto.v1.BookEntry message;
        try {
            message = tallystick.proto.v1.BookEntry.parseFrom(value);
        } catch (InvalidProtocolBufferException e) {
            return new Bad(
                    "value: not a protobuf message (expected: a BookEntry): " + e.getMessage());
        }
        return of(message);
    }

    static InboxMessage of(tallystick.proto.v1.BookEntry message) {
        return InboxFields.check(message);
    }
}

/// The way from a message's fields to a line's.
final class InboxFields {
    /// Handed on with each copy of an entry; what a newer contract adds is small.
    private static final int UNKNOWN_BYTES_MAX = 16 * 1024;

    private static final String KIND = "ENTRY_KIND_";
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private InboxFields() {}

    static InboxMessage check(tallystick.proto.v1.BookEntry message) {
        int unknown = message.getUnknownFields().getSerializedSize();
        if (unknown > UNKNOWN_BYTES_MAX) {
            return new InboxMessage.Bad(
                    "unknown fields: %d bytes (expected: at most %d)"
                            .formatted(unknown, UNKNOWN_BYTES_MAX));
        }
        var parser = new EntryParser(message.getSource().strip(), fields(message), shares(message));
        List<BookEntry> entries = parser.parse();
        return parser.errors().isEmpty()
                ? new InboxMessage.Good(entries, message.getUnknownFields())
                : new InboxMessage.Bad(String.join("; ", parser.errors()));
    }

    private static Map<String, String> fields(tallystick.proto.v1.BookEntry message) {
        Map<String, String> fields = new HashMap<>();
        fields.put("entry_id", message.getEntryId());
        fields.put("booked_at", time(message.getBookedAtNs()));
        fields.put("value_date", message.getValueDate());
        fields.put("kind", kind(message));
        fields.put("node", message.getNode());
        fields.put("reference", message.getReference());
        fields.put("amount_msat", Long.toUnsignedString(message.getAmountMsat()));
        fields.put("account", message.getAccount());
        fields.put("order", message.getOrder());
        fields.put("reverses", message.getReverses());
        fields.put("memo", message.getMemo());
        if (message.hasFeeLimitMsat()) {
            fields.put(BooksCsv.FEE_LIMIT, Long.toUnsignedString(message.getFeeLimitMsat()));
        }
        fields.replaceAll((_, text) -> text.strip());
        return fields;
    }

    private static List<EntryParser.Share> shares(tallystick.proto.v1.BookEntry message) {
        return message.getReferencesList().stream().map(InboxFields::share).toList();
    }

    private static EntryParser.Share share(ReferenceAmount share) {
        String amount = Long.toUnsignedString(share.getAmountMsat());
        return new EntryParser.Share(
                share.getReference() + "=" + amount,
                share.getReference().strip(),
                Optional.of(amount));
    }

    /// Nobody booked Lightning money in 1970: 0 is a field that was left out.
    private static String time(long nanos) {
        return nanos == 0
                ? ""
                : Instant.ofEpochSecond(
                                Math.floorDiv(nanos, NANOS_PER_SECOND),
                                Math.floorMod(nanos, NANOS_PER_SECOND))
                        .toString();
    }

    private static String kind(tallystick.proto.v1.BookEntry message) {
        EntryKind kind = message.getKind();
        return switch (kind) {
            case ENTRY_KIND_UNSPECIFIED -> "";
            case UNRECOGNIZED -> "number " + message.getKindValue();
            default -> kind.name().substring(KIND.length()).toLowerCase(Locale.ROOT);
        };
    }
}
