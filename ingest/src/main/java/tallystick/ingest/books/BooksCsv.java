package tallystick.ingest.books;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tallystick.ledger.books.BookEntry;

/// Reads a CSV file of book entries: all of its lines, or all of its errors.
final class BooksCsv {
    static final List<String> COLUMNS =
            List.of(
                    "entry_id",
                    "booked_at",
                    "value_date",
                    "kind",
                    "node",
                    "reference",
                    "amount_msat",
                    "account",
                    "order",
                    "reverses",
                    "memo");
    static final String REFERENCES = "references";
    static final String FEE_LIMIT = "fee_limit_msat";

    /// What spreadsheets put before UTF-8.
    private static final String BYTE_ORDER_MARK = "\uFEFF";

    private BooksCsv() {}

    /// @throws BooksFileException with every error of the file
    static List<BooksLine> read(Path file, byte[] bytes, String source) {
        String text = text(file, bytes);
        List<String> errors = new ArrayList<>();
        List<BooksLine> lines = new ArrayList<>();
        try (CsvReader<CsvRecord> reader = reader(text)) {
            Iterator<CsvRecord> records = reader.iterator();
            if (!records.hasNext()) {
                throw new BooksFileException(file, List.of("line 1: no header " + expected()));
            }
            List<String> header = header(file, records.next());
            while (records.hasNext()) {
                line(header, records.next(), source, errors).ifPresent(lines::add);
            }
        } catch (CsvParseException e) {
            errors.add(describe(e));
        } catch (IOException e) {
            throw new IllegalStateException("text in memory: not readable", e);
        }
        if (!errors.isEmpty()) {
            throw new BooksFileException(file, errors);
        }
        return withoutRepeats(lines);
    }

    private static CsvReader<CsvRecord> reader(String text) {
        return CsvReader.builder()
                .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
                .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
                .allowUnclosedQuote(false)
                .skipEmptyLines(true)
                .ofCsvRecord(text);
    }

    /// A file that was cut off shall not pass for a whole one.
    private static String text(Path file, byte[] bytes) {
        String text;
        try {
            text =
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .onMalformedInput(CodingErrorAction.REPORT)
                            .onUnmappableCharacter(CodingErrorAction.REPORT)
                            .decode(ByteBuffer.wrap(bytes))
                            .toString();
        } catch (CharacterCodingException e) {
            throw new BooksFileException(file, List.of("encoding: not UTF-8 (expected: UTF-8)"));
        }
        if (text.startsWith(BYTE_ORDER_MARK)) {
            text = text.substring(BYTE_ORDER_MARK.length());
        }
        if (!text.isEmpty() && !text.endsWith("\n")) {
            throw new BooksFileException(
                    file,
                    List.of(
                            "line %d: no line end (expected: one after the last line; the file may be cut off)"
                                    .formatted(text.lines().count())));
        }
        return text;
    }

    private static List<String> header(Path file, CsvRecord record) {
        List<String> header = record.getFields();
        List<String> optional =
                header.size() >= COLUMNS.size()
                        ? header.subList(COLUMNS.size(), header.size())
                        : List.of();
        boolean isKnown =
                header.size() >= COLUMNS.size()
                        && header.subList(0, COLUMNS.size()).equals(COLUMNS)
                        && (optional.isEmpty()
                                || optional.equals(List.of(REFERENCES))
                                || optional.equals(List.of(FEE_LIMIT))
                                || optional.equals(List.of(REFERENCES, FEE_LIMIT)));
        if (!isKnown) {
            throw new BooksFileException(
                    file,
                    List.of(
                            "line %d, header: %s %s"
                                    .formatted(
                                            record.getStartingLineNumber(),
                                            String.join(",", header),
                                            expected())));
        }
        return header;
    }

    private static String expected() {
        return "(expected: %s, optionally followed by %s and %s)"
                .formatted(String.join(",", COLUMNS), REFERENCES, FEE_LIMIT);
    }

    private static Optional<BooksLine> line(
            List<String> header, CsvRecord record, String source, List<String> errors) {
        long number = record.getStartingLineNumber();
        if (record.getFieldCount() != header.size()) {
            errors.add(
                    "line %d: %d fields (expected: %d, as in the header)"
                            .formatted(number, record.getFieldCount(), header.size()));
            return Optional.empty();
        }
        Map<String, String> fields = new HashMap<>();
        for (int i = 0; i < header.size(); i++) {
            fields.put(header.get(i), record.getField(i).strip());
        }
        var parser = new EntryParser(source, fields);
        List<BookEntry> entries = parser.parse();
        parser.errors().forEach(error -> errors.add("line %d, %s".formatted(number, error)));
        return parser.errors().isEmpty()
                ? Optional.of(new BooksLine(number, entries))
                : Optional.empty();
    }

    /// An entry that comes again with the same content says nothing new. With other content it is let through: that one id was
    /// used twice is for the reconciler to say.
    private static List<BooksLine> withoutRepeats(List<BooksLine> lines) {
        Map<String, List<List<BookEntry>>> seen = new HashMap<>();
        List<BooksLine> kept = new ArrayList<>();
        for (BooksLine line : lines) {
            List<List<BookEntry>> same =
                    seen.computeIfAbsent(line.entryId(), _ -> new ArrayList<>());
            if (!same.contains(line.entries())) {
                same.add(line.entries());
                kept.add(line);
            }
        }
        return kept;
    }

    private static String describe(CsvParseException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        return String.valueOf(cause.getMessage());
    }
}
