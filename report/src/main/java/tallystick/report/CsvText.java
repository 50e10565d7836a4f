package tallystick.report;

import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.List;

/// CSV as RFC 4180 has it, for every table that is written.
public final class CsvText {
    /// A spreadsheet takes a text that begins with one of these for a formula and runs it.
    private static final String FORMULA_STARTS = "=+-@\t\r\n";

    private CsvText() {}

    /// @param rows each with a field for each column
    public static String of(List<String> columns, List<List<String>> rows) {
        StringWriter text = new StringWriter();
        try (CsvWriter csv = CsvWriter.builder().lineDelimiter(LineDelimiter.CRLF).build(text)) {
            csv.writeRecord(columns);
            rows.forEach(csv::writeRecord);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // Memory does not fail.
        }
        return text.toString();
    }

    /// A table of any length, row by row. What it writes to is closed with it.
    public static final class Rows implements AutoCloseable {
        private final CsvWriter csv;

        public Rows(Writer out, List<String> columns) {
            csv = CsvWriter.builder().lineDelimiter(LineDelimiter.CRLF).build(out);
            csv.writeRecord(columns);
        }

        /// @param row with a field for each column
        public void add(List<String> row) {
            csv.writeRecord(row);
        }

        @Override
        public void close() throws IOException {
            csv.close();
        }
    }

    /// What no spreadsheet runs. For texts only: an amount may begin with a minus.
    public static String safe(String text) {
        boolean formula = !text.isEmpty() && FORMULA_STARTS.indexOf(text.charAt(0)) >= 0;
        return formula ? "'" + text : text;
    }
}
