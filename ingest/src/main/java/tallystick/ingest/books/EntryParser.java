package tallystick.ingest.books;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tallystick.ingest.publish.Times;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;

/// Reads the fields of one line and collects every error, not only the first. One line, one thread.
final class EntryParser {
    private static final Pattern WHOLE_NUMBER = Pattern.compile("[0-9]{1,19}");

    private final String source;
    private final Map<String, String> fields;
    private final List<String> errors = new ArrayList<>();

    EntryParser(String source, Map<String, String> fields) {
        this.source = source;
        this.fields = fields;
    }

    /// In the order of the columns, each beginning with its column.
    List<String> errors() {
        return List.copyOf(errors);
    }

    /// One entry per reference; none when there are errors.
    List<BookEntry> parse() {
        String entryId = required("entry_id", "a text that is unique within the source");
        Instant bookedAt = read("booked_at", EntryParser::time);
        LocalDate valueDate = read("value_date", EntryParser::date);
        EntryKind kind = read("kind", EntryKind::parse);
        Optional<NodeId> node = optional("node", text -> new NodeId(text.toLowerCase(Locale.ROOT)));
        Msat amount = read("amount_msat", EntryParser::amount);
        String account = required("account", "an account of the business");
        Optional<Msat> feeLimit = optional(BooksCsv.FEE_LIMIT, EntryParser::amount);
        Map<Reference, Msat> references = references(amount);
        if (!errors.isEmpty()
                || entryId == null
                || bookedAt == null
                || valueDate == null
                || kind == null
                || account == null) {
            return List.of();
        }
        List<BookEntry> entries = new ArrayList<>();
        references.forEach(
                (reference, share) ->
                        checked(
                                        () ->
                                                new BookEntry(
                                                        entryId,
                                                        source,
                                                        bookedAt,
                                                        valueDate,
                                                        kind,
                                                        node,
                                                        reference,
                                                        share,
                                                        account,
                                                        filled("order"),
                                                        filled("reverses"),
                                                        field("memo"),
                                                        feeLimit))
                                .ifPresent(entries::add));
        return entries;
    }

    /// What the entry settles, and how much of each.
    private Map<Reference, Msat> references(@Nullable Msat amount) {
        Map<Reference, Msat> shares = new LinkedHashMap<>();
        String several = field(BooksCsv.REFERENCES);
        if (several.isEmpty()) {
            Reference reference = read("reference", Reference::parse);
            if (reference != null && amount != null) {
                shares.put(reference, amount);
            }
            return shares;
        }
        if (!field("reference").isEmpty()) {
            error("reference", field("reference"), "empty, as references names several");
        }
        for (String part : several.split(";", -1)) {
            addShare(part.strip(), shares);
        }
        requireSum(amount, shares);
        return shares;
    }

    private void addShare(String part, Map<Reference, Msat> shares) {
        // The last one: a reference to an order may hold any text.
        int equals = part.lastIndexOf('=');
        if (equals < 0) {
            error(BooksCsv.REFERENCES, part, "reference=amount, separated by ';'");
            return;
        }
        try {
            Reference reference = Reference.parse(part.substring(0, equals).strip());
            Msat share = amount(part.substring(equals + 1).strip());
            if (share.isZero()) {
                error(BooksCsv.REFERENCES, part, "more than 0 msat under each reference");
            } else if (shares.put(reference, share) != null) {
                error(BooksCsv.REFERENCES, part, "each reference once");
            }
        } catch (IllegalArgumentException e) {
            explain(BooksCsv.REFERENCES, part, e);
        }
    }

    private void requireSum(@Nullable Msat amount, Map<Reference, Msat> shares) {
        if (amount == null || !errors.isEmpty()) {
            return;
        }
        long sum = 0;
        for (Msat share : shares.values()) {
            sum = Math.addExact(sum, share.value());
        }
        if (sum != amount.value()) {
            error(BooksCsv.REFERENCES, "sum " + sum, "amount_msat, %d".formatted(amount.value()));
        }
    }

    private static Instant time(String text) {
        Instant time;
        try {
            time = OffsetDateTime.parse(text).toInstant();
            // The contract counts nanoseconds in 64 bits.
            Times.epochNanos(time);
        } catch (DateTimeException | ArithmeticException e) {
            throw new ExpectedException("a time as in RFC 3339, like 2026-11-23T00:10:00Z", e);
        }
        return time;
    }

    private static LocalDate date(String text) {
        try {
            return LocalDate.parse(text);
        } catch (DateTimeException e) {
            throw new ExpectedException("a date like 2026-11-23", e);
        }
    }

    private static Msat amount(String text) {
        if (!WHOLE_NUMBER.matcher(text).matches()) {
            throw new ExpectedException("a whole number of msat", null);
        }
        try {
            return Msat.of(Long.parseLong(text));
        } catch (IllegalArgumentException e) {
            throw new ExpectedException("no more msat than there are", e);
        }
    }

    private @Nullable String required(String column, String expected) {
        String text = field(column);
        if (text.isEmpty()) {
            error(column, "empty", expected);
            return null;
        }
        return text;
    }

    private <T> @Nullable T read(String column, Function<String, T> reader) {
        try {
            return reader.apply(field(column));
        } catch (IllegalArgumentException e) {
            explain(column, field(column), e);
            return null;
        }
    }

    private <T> Optional<T> optional(String column, Function<String, T> reader) {
        return field(column).isEmpty()
                ? Optional.empty()
                : Optional.ofNullable(read(column, reader));
    }

    private Optional<BookEntry> checked(Supplier<BookEntry> entry) {
        try {
            return Optional.of(entry.get());
        } catch (IllegalArgumentException e) {
            // A rule of the domain; its message begins with the column.
            errors.add(String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    private Optional<String> filled(String column) {
        return Optional.of(field(column)).filter(text -> !text.isEmpty());
    }

    private String field(String column) {
        return fields.getOrDefault(column, "");
    }

    private void explain(String column, String value, IllegalArgumentException e) {
        if (e instanceof ExpectedException expected) {
            error(column, value.isEmpty() ? "empty" : value, expected.expected);
            return;
        }
        String message = String.valueOf(e.getMessage());
        errors.add(
                message.startsWith(column + ":") ? message : "%s: %s".formatted(column, message));
    }

    private void error(String column, String value, String expected) {
        errors.add("%s: %s (expected: %s)".formatted(column, value, expected));
    }

    /// Says what would have been right; the value and its column are known to whoever catches it.
    private static final class ExpectedException extends IllegalArgumentException {
        private static final long serialVersionUID = 1L;

        private final String expected;

        ExpectedException(String expected, @Nullable Throwable cause) {
            super(expected, cause);
            this.expected = expected;
        }
    }
}
