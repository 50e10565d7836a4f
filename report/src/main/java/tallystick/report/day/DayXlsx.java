package tallystick.report.day;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.dhatim.fastexcel.Workbook;
import org.dhatim.fastexcel.Worksheet;
import tallystick.report.TimelessEntry;
import tallystick.report.day.DayTable.Column;
import tallystick.report.day.DayTable.Kind;
import tallystick.report.day.DayTable.Role;
import tallystick.report.day.DayTable.Row;
import tallystick.report.figures.PlainText;

/// A report as a workbook, one sheet for each table. Amounts stand in msat, whole, and beside that in sat. A sum is a value, for
/// those who only look; beneath it a formula adds its rows up again, and a second one says what the two differ by. Equal
/// reports give equal bytes. Any thread.
public final class DayXlsx {
    /// A spreadsheet keeps fifteen digits of a number. A longer one is written as text, which no formula adds up.
    private static final int DIGITS_MAX = 15;

    /// A sheet has 1,048,576 rows; the head and three rows of sums are of them. What is more goes on in a further sheet.
    private static final int ROWS_MAX = 1_048_576 - 4;

    /// Of one cell. A longer text is cut, with an ellipsis.
    private static final int TEXT_MAX = 32_767;

    /// Rows that are kept in memory until they are written.
    private static final int ROWS_AT_ONCE = 1_000;

    private static final String WHOLE = "#,##0";
    private static final String SAT = "#,##0.000";

    private static final List<String> NOTES =
            List.of(
                    "Amounts are whole msat, and the same in sat beside them; 1 sat = 1000 msat.",
                    "A sum is a value. Beneath it a formula adds its rows up again, and a second one says the difference: 0.",
                    "A number of more than 15 digits stands as text, since a spreadsheet would round it; its column is not added up again.",
                    "Every sheet is a CSV file of the same name. The sheet queries says what an auditor asks the ledger for the same figures.");

    private static final Pattern CREATED = Pattern.compile("<dcterms:created.*?</dcterms:created>");

    private final int rowsMax;

    public DayXlsx() {
        this(ROWS_MAX);
    }

    DayXlsx(int rowsMax) {
        this.rowsMax = rowsMax;
    }

    public byte[] render(DayReport report) {
        try {
            Path file = Files.createTempFile("tallystick-", ".xlsx");
            try {
                write(report, file);
                return withoutTime(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "workbook: not written (expected: a folder for temporary files that we may write to)",
                    e);
        }
    }

    private void write(DayReport report, Path file) throws IOException {
        try (Workbook workbook = new Workbook(Files.newOutputStream(file), "Tallystick", null)) {
            for (DayTable table : DayTables.of(report)) {
                for (DayTable part : parts(table)) {
                    new Sheet(workbook.newWorksheet(part.name()), part.withSum()).write();
                }
            }
            if (report.isIssued()) {
                new Sheet(workbook.newWorksheet("queries"), queries(report)).write();
            }
            new Sheet(workbook.newWorksheet("notes"), notes()).write();
        }
    }

    private List<DayTable> parts(DayTable table) {
        List<DayTable> parts = new ArrayList<>();
        List<Row> rows = table.rows();
        for (int from = 0; from == 0 || from < rows.size(); from += rowsMax) {
            String name =
                    from == 0 ? table.name() : "%s (%d)".formatted(table.name(), parts.size() + 1);
            parts.add(
                    new DayTable(
                            name,
                            table.columns(),
                            rows.subList(from, Math.min(rows.size(), from + rowsMax))));
        }
        return parts;
    }

    private static DayTable queries(DayReport report) {
        return new DayTable(
                "queries",
                List.of(Column.text("table"), Column.text("figures"), Column.text("sql")),
                DayQueries.of(report).stream()
                        .map(one -> Row.plus(one.table(), one.figures(), one.sql()))
                        .toList());
    }

    private static DayTable notes() {
        return new DayTable(
                "notes", List.of(Column.text("note")), NOTES.stream().map(Row::plus).toList());
    }

    /// One sheet on its way out. One thread.
    private static final class Sheet {
        private final Worksheet sheet;
        private final DayTable table;

        /// Of each column of the table, its column here: amounts take two.
        private final int[] places;

        private int line;

        /// Rows since the last sum, by runs of one role.
        private final List<Run> runs = new ArrayList<>();

        Sheet(Worksheet sheet, DayTable table) {
            this.sheet = sheet;
            this.table = table;
            this.places = new int[table.columns().size()];
            int place = 0;
            for (int i = 0; i < places.length; i++) {
                places[i] = place;
                place += table.columns().get(i).isAmount() ? 2 : 1;
            }
        }

        /// @param first line, from 0
        private record Run(Role role, int first, int last) {}

        void write() throws IOException {
            head();
            for (Row row : table.rows()) {
                line++;
                row(row);
                if (row.role() == Role.SUM) {
                    again(row);
                    runs.clear();
                } else {
                    extend(row.role());
                }
                if (line % ROWS_AT_ONCE == 0) {
                    sheet.flush();
                }
            }
            sheet.finish();
        }

        private void head() {
            for (int i = 0; i < places.length; i++) {
                Column column = table.columns().get(i);
                title(places[i], column.name());
                if (column.isAmount()) {
                    title(places[i] + 1, column.name().replaceFirst("msat", "sat"));
                }
            }
            sheet.freezePane(0, 1);
        }

        private void title(int place, String name) {
            sheet.inlineString(0, place, name);
            sheet.style(0, place).bold().set();
            sheet.width(place, Math.max(12, name.length() + 4));
        }

        private void extend(Role role) {
            Run last = runs.isEmpty() ? null : runs.getLast();
            if (last != null && last.role() == role && last.last() == line - 1) {
                runs.set(runs.size() - 1, new Run(role, last.first(), line));
            } else {
                runs.add(new Run(role, line, line));
            }
        }

        private void row(Row row) {
            for (int i = 0; i < places.length; i++) {
                Column column = table.columns().get(i);
                String cell = row.cells().get(i);
                if (cell.isEmpty()) {
                    continue;
                }
                if (column.kind() == Kind.TEXT) {
                    sheet.inlineString(line, places[i], text(cell));
                } else {
                    number(places[i], new BigDecimal(cell), WHOLE);
                    if (column.isAmount()) {
                        number(places[i] + 1, new BigDecimal(new BigInteger(cell), 3), SAT);
                    }
                }
                if (row.role() == Role.SUM) {
                    strong(places[i]);
                    if (column.isAmount()) {
                        strong(places[i] + 1);
                    }
                }
            }
        }

        private void strong(int place) {
            sheet.style(line, place).bold().set();
        }

        private void number(int place, BigDecimal number, String format) {
            if (isTooLong(number)) {
                sheet.inlineString(line, place, number.toPlainString());
            } else {
                sheet.value(line, place, number);
                sheet.style(line, place).format(format).set();
            }
        }

        private static boolean isTooLong(BigDecimal number) {
            return number.unscaledValue().abs().toString().length() > DIGITS_MAX;
        }

        /// The sum once more, by formulas, and what it differs by.
        private void again(Row sum) {
            int total = line;
            sheet.inlineString(total + 1, 0, "added up again");
            sheet.inlineString(total + 2, 0, "difference");
            for (int i = 0; i < places.length; i++) {
                Column column = table.columns().get(i);
                if (column.isAdded() && !sum.cells().get(i).isEmpty() && isShort(i)) {
                    again(total, places[i], WHOLE);
                    if (column.isAmount()) {
                        again(total, places[i] + 1, SAT);
                    }
                }
            }
            line += 2;
        }

        private void again(int total, int place, String format) {
            StringBuilder formula = new StringBuilder("0");
            for (Run run : runs) {
                if (run.role() == Role.PLUS || run.role() == Role.MINUS) {
                    formula.append(run.role() == Role.PLUS ? '+' : '-')
                            .append("SUM(")
                            .append(cell(run.first(), place))
                            .append(':')
                            .append(cell(run.last(), place))
                            .append(')');
                }
            }
            sheet.formula(total + 1, place, formula.toString());
            // Of thousandths a spreadsheet has no exact sum.
            sheet.formula(
                    total + 2,
                    place,
                    "ROUND(%s-%s,3)".formatted(cell(total, place), cell(total + 1, place)));
            sheet.style(total + 1, place).format(format).set();
            sheet.style(total + 2, place).format(format).set();
        }

        private boolean isShort(int column) {
            return table.rows().stream()
                    .map(row -> row.cells().get(column))
                    .noneMatch(cell -> !cell.isEmpty() && isTooLong(new BigDecimal(cell)));
        }

        private static String cell(int line, int place) {
            String letters = "";
            for (int rest = place; rest >= 0; rest = rest / 26 - 1) {
                letters = (char) ('A' + rest % 26) + letters;
            }
            return letters + (line + 1);
        }

        private static String text(String cell) {
            String text = PlainText.printable(cell);
            return text.length() <= TEXT_MAX ? text : text.substring(0, TEXT_MAX - 1) + "…";
        }
    }

    /// The library writes down when it wrote.
    private static byte[] withoutTime(Path workbook) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipFile in = new ZipFile(workbook.toFile());
                ZipOutputStream out = new ZipOutputStream(bytes)) {
            for (ZipEntry entry : Collections.list(in.entries())) {
                out.putNextEntry(TimelessEntry.of(entry.getName()));
                try (InputStream content = in.getInputStream(entry)) {
                    if (entry.getName().equals("docProps/core.xml")) {
                        String core = new String(content.readAllBytes(), UTF_8);
                        out.write(CREATED.matcher(core).replaceAll("").getBytes(UTF_8));
                    } else {
                        content.transferTo(out);
                    }
                }
            }
        }
        return bytes.toByteArray();
    }
}
