package tallystick.report;

import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.OptionalLong;
import tallystick.db.report.LedgerReading.Mismatch;
import tallystick.report.figures.Register;
import tallystick.report.figures.Times;

/// Mismatches as CSV (RFC 4180, UTF-8), worst first, one line each. Columns are only ever added, at the end. Amounts are
/// msat integers. Any thread.
public final class MismatchCsv {
    private static final List<String> COLUMNS =
            List.of(
                    "id",
                    "severity",
                    "code",
                    "label",
                    "node",
                    "reference",
                    "order",
                    "account",
                    "amount_msat",
                    "residue_msat",
                    "node_msat",
                    "books_msat",
                    "since",
                    "explanation",
                    "advice");

    /// A spreadsheet takes a text that begins with one of these for a formula and runs it.
    private static final String FORMULA_STARTS = "=+-@\t\r\n";

    public String render(List<Mismatch> mismatches) {
        StringWriter text = new StringWriter();
        try (CsvWriter csv = CsvWriter.builder().lineDelimiter(LineDelimiter.CRLF).build(text)) {
            csv.writeRecord(COLUMNS);
            for (Register.Line line : Register.of(mismatches).lines()) {
                csv.writeRecord(fields(line.mismatch()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e); // Memory does not fail.
        }
        return text.toString();
    }

    private static List<String> fields(Mismatch mismatch) {
        return List.of(
                safe(mismatch.id()),
                safe(mismatch.severity()),
                safe(mismatch.code()),
                safe(mismatch.label()),
                safe(mismatch.node()),
                safe(mismatch.reference()),
                safe(mismatch.order()),
                safe(mismatch.account()),
                Long.toString(mismatch.amountMsat()),
                Long.toString(mismatch.residueMsat()),
                amount(mismatch.nodeMsat()),
                amount(mismatch.booksMsat()),
                Times.exact(mismatch.since()),
                safe(mismatch.explanation()),
                safe(mismatch.advice()));
    }

    private static String amount(OptionalLong msat) {
        return msat.isPresent() ? Long.toString(msat.getAsLong()) : "";
    }

    /// Text only: an amount may begin with a minus.
    private static String safe(String text) {
        boolean formula = !text.isEmpty() && FORMULA_STARTS.indexOf(text.charAt(0)) >= 0;
        return formula ? "'" + text : text;
    }
}
