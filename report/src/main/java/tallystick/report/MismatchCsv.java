package tallystick.report;

import java.util.List;
import java.util.OptionalLong;
import tallystick.db.report.LedgerReading.Mismatch;
import tallystick.report.figures.Register;
import tallystick.report.figures.Times;

/// Mismatches as CSV (RFC 4180, UTF-8), worst first, one line each. Columns are only ever added, at the end. Amounts are
/// msat integers. Any thread.
public final class MismatchCsv {
    /// Of a mismatch, wherever one is a line.
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

    public String render(List<Mismatch> mismatches) {
        return CsvText.of(
                COLUMNS,
                Register.of(mismatches).lines().stream()
                        .map(line -> fields(line.mismatch()))
                        .toList());
    }

    private static List<String> fields(Mismatch mismatch) {
        return List.of(
                CsvText.safe(mismatch.id()),
                CsvText.safe(mismatch.severity()),
                CsvText.safe(mismatch.code()),
                CsvText.safe(mismatch.label()),
                CsvText.safe(mismatch.node()),
                CsvText.safe(mismatch.reference()),
                CsvText.safe(mismatch.order()),
                CsvText.safe(mismatch.account()),
                Long.toString(mismatch.amountMsat()),
                Long.toString(mismatch.residueMsat()),
                amount(mismatch.nodeMsat()),
                amount(mismatch.booksMsat()),
                Times.exact(mismatch.since()),
                CsvText.safe(mismatch.explanation()),
                CsvText.safe(mismatch.advice()));
    }

    private static String amount(OptionalLong msat) {
        return msat.isPresent() ? Long.toString(msat.getAsLong()) : "";
    }
}
