package tallystick.ingest.books;

import static java.util.stream.Collectors.joining;

import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
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

/// Reads the fields of one entry, whichever way it came, and collects every error, not only the first. The rules are those
/// of the domain and what the ledger can keep: an entry that passes is never refused later. One entry, one thread.
final class EntryParser {
    /// What the books name becomes part of index entries, which Postgres limits to 2,704 bytes.
    static final int NAME_LENGTH_MAX = 500;

    /// Names of systems are part of transactional ids and headers.
    static final int SOURCE_LENGTH_MAX = 100;

    /// A memo is for people. Together with the other limits this keeps every record below a broker's usual 1 MiB.
    static final int MEMO_LENGTH_MAX = 10_000;

    /// Each reference gets a copy of the entry that names all of them, so bytes grow with the square.
    static final int REFERENCES_MAX = 200;

    /// More than this of a value or of a message helps nobody.
    private static final int VALUE_SHOWN_MAX = 100;

    private static final int ERROR_SHOWN_MAX = 700;

    private static final Pattern WHOLE_NUMBER = Pattern.compile("[0-9]{1,40}");
    private static final Pattern DATE = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}");

    private final String source;
    private final Map<String, String> fields;
    private final List<Share> shares;
    private final List<String> errors = new ArrayList<>();

    /// @param fields by column, without blanks around them
    EntryParser(String source, Map<String, String> fields) {
        this(source, fields, Share.list(fields.getOrDefault(BooksCsv.REFERENCES, "")));
    }

    /// @param shares of an entry that settles several references; empty for the usual one
    EntryParser(String source, Map<String, String> fields, List<Share> shares) {
        this.source = source;
        this.fields = fields;
        this.shares = shares;
    }

    /// What is wrong with the name of a source; empty when nothing is.
    static Optional<String> sourceError(String source) {
        boolean isGood =
                !source.isBlank()
                        && source.length() <= SOURCE_LENGTH_MAX
                        && source.indexOf('\0') < 0;
        return isGood
                ? Optional.empty()
                : Optional.of(
                        "source: '%s' (expected: 1 to %d characters)"
                                .formatted(shown(source), SOURCE_LENGTH_MAX));
    }

    /// One of several references of an entry, as it was written.
    ///
    /// @param text the whole of it, for people
    /// @param amount empty when none is named
    record Share(String text, String reference, Optional<String> amount) {
        /// From `reference=amount;reference=amount`.
        static List<Share> list(String several) {
            if (several.isEmpty()) {
                return List.of();
            }
            return Arrays.stream(several.split(";", -1)).map(part -> of(part.strip())).toList();
        }

        private static Share of(String part) {
            // The last one: a reference to an order may hold any text.
            int equals = part.lastIndexOf('=');
            return equals < 0
                    ? new Share(part, part, Optional.empty())
                    : new Share(
                            part,
                            part.substring(0, equals).strip(),
                            Optional.of(part.substring(equals + 1).strip()));
        }
    }

    /// In the order of the columns, each beginning with its column.
    List<String> errors() {
        return List.copyOf(errors);
    }

    /// One entry per reference; none when there are errors.
    List<BookEntry> parse() {
        sourceError(source).ifPresent(errors::add);
        String entryId = required("entry_id", "a text that is unique within the source");
        Instant bookedAt = read("booked_at", EntryParser::time);
        LocalDate valueDate = read("value_date", EntryParser::date);
        EntryKind kind = read("kind", EntryKind::parse);
        Optional<NodeId> node = optional("node", NodeId::parse);
        Msat amount = read("amount_msat", EntryParser::amount);
        if (amount != null && amount.isZero()) {
            error("amount_msat", field("amount_msat"), "more than 0");
        }
        String account = required("account", "an account of the business");
        requireText("order", NAME_LENGTH_MAX);
        requireText("reverses", NAME_LENGTH_MAX);
        requireText("memo", MEMO_LENGTH_MAX);
        Optional<Msat> feeLimit = optional(BooksCsv.FEE_LIMIT, EntryParser::amount);
        Map<Reference, Msat> references = references(amount);
        node.ifPresent(named -> references.keySet().forEach(one -> requireSame(named, one)));
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
                                                                feeLimit)
                                                        .requireFitting())
                                .ifPresent(entries::add));
        requireOwnItems(entries);
        return errors.isEmpty() ? entries : List.of();
    }

    /// A set id is the payment hash of the same bytes: under both, the copies of an entry would meet in one item.
    private void requireOwnItems(List<BookEntry> entries) {
        if (entries.stream().map(BookEntry::itemKey).distinct().count() < entries.size()) {
            String all = shares.stream().map(Share::text).collect(joining(";"));
            error(BooksCsv.REFERENCES, all, "each item once, also by its set id");
        }
    }

    /// A day of forwards is one node's.
    private void requireSame(NodeId node, Reference reference) {
        if (reference instanceof Reference.ForwardsOfDay day && !day.node().equals(node)) {
            error("node", node.toString(), "that of the reference, %s".formatted(day.node()));
        }
    }

    /// What the entry settles, and how much of each.
    private Map<Reference, Msat> references(@Nullable Msat amount) {
        Map<Reference, Msat> settled = new LinkedHashMap<>();
        if (shares.isEmpty()) {
            Reference reference =
                    field("reference").isEmpty()
                            ? itself()
                            : read("reference", EntryParser::reference);
            if (reference != null && amount != null) {
                settled.put(reference, amount);
            }
            return settled;
        }
        if (!field("reference").isEmpty()) {
            error("reference", field("reference"), "empty, as references names several");
        }
        if (shares.size() > REFERENCES_MAX) {
            error(
                    BooksCsv.REFERENCES,
                    "%d references".formatted(shares.size()),
                    "at most %d".formatted(REFERENCES_MAX));
            return settled;
        }
        shares.forEach(share -> addShare(share, settled));
        requireSum(amount, settled);
        return settled;
    }

    /// An entry that names nothing is looked for by what else it says; a reversal belongs to the entry that it takes back.
    private @Nullable Reference itself() {
        String entryId = field(field("reverses").isEmpty() ? "entry_id" : "reverses");
        if (entryId.isEmpty() || sourceError(source).isPresent()) {
            return null; // Said already.
        }
        return read("reference", _ -> reference(new Reference.Entry(source, entryId).text()));
    }

    private void addShare(Share part, Map<Reference, Msat> settled) {
        if (part.amount().isEmpty()) {
            error(BooksCsv.REFERENCES, part.text(), "reference=amount, separated by ';'");
            return;
        }
        try {
            Reference reference = reference(part.reference());
            Msat share = amount(part.amount().get());
            if (share.isZero()) {
                error(BooksCsv.REFERENCES, part.text(), "more than 0 msat under each reference");
            } else if (settled.put(reference, share) != null) {
                error(BooksCsv.REFERENCES, part.text(), "each reference once");
            }
        } catch (IllegalArgumentException e) {
            explain(BooksCsv.REFERENCES, part.text(), e);
        }
    }

    private void requireSum(@Nullable Msat amount, Map<Reference, Msat> shares) {
        if (amount == null || !errors.isEmpty()) {
            return;
        }
        BigInteger sum = BigInteger.ZERO; // Shares may be more than all bitcoin together.
        for (Msat share : shares.values()) {
            sum = sum.add(BigInteger.valueOf(share.value()));
        }
        if (!sum.equals(BigInteger.valueOf(amount.value()))) {
            error(BooksCsv.REFERENCES, "sum " + sum, "amount_msat, %d".formatted(amount.value()));
        }
    }

    private static Reference reference(String text) {
        Reference reference = Reference.parse(text);
        if (!reference.isBookable()) {
            throw new ExpectedException("a reference that can be booked", null);
        }
        checkText(reference.text(), NAME_LENGTH_MAX);
        return reference;
    }

    private static void checkText(String text, int lengthMax) {
        if (text.length() > lengthMax) {
            throw new ExpectedException(
                    "at most %d characters, not %d".formatted(lengthMax, text.length()), null);
        }
        if (text.indexOf('\0') >= 0) {
            throw new ExpectedException("text without a NUL character", null);
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
            if (DATE.matcher(text).matches()) {
                return LocalDate.parse(text);
            }
        } catch (DateTimeException _) {
            // Falls through to the one message.
        }
        throw new ExpectedException("a date like 2026-11-23", null);
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
        requireText(column, NAME_LENGTH_MAX);
        return text;
    }

    private void requireText(String column, int lengthMax) {
        try {
            checkText(field(column), lengthMax);
        } catch (ExpectedException e) {
            explain(column, field(column), e);
        }
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
            add(String.valueOf(e.getMessage()));
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
        // Here hex may be in either case.
        String message = String.valueOf(e.getMessage()).replace("lower-case hex", "hex");
        add(message.startsWith(column + ":") ? message : "%s: %s".formatted(column, message));
    }

    private void error(String column, String value, String expected) {
        add("%s: %s (expected: %s)".formatted(column, shown(value), expected));
    }

    private void add(String error) {
        errors.add(cut(error, ERROR_SHOWN_MAX));
    }

    private static String shown(String value) {
        return cut(value, VALUE_SHOWN_MAX);
    }

    private static String cut(String text, int lengthMax) {
        return text.length() <= lengthMax ? text : text.substring(0, lengthMax) + "…";
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
