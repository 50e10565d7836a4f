package tallystick.serve.web.report;

import java.time.LocalDate;
import java.util.List;
import java.util.Optional;

/// What the template of the list prints.
///
/// @param rows the newest day first
/// @param days that have a report, on all pages
/// @param isFirst whether it is the first page
/// @param next last day of the page after this one; empty on the last
public record ReportList(
        List<ListedReport> rows, long days, boolean isFirst, Optional<LocalDate> next) {
    public ReportList {
        rows = List.copyOf(rows);
    }

    /// A day to begin a comparison with: the one before the newest that is shown.
    public String earlier() {
        return rows.isEmpty()
                ? ""
                : rows.get(Math.min(1, rows.size() - 1)).report().day().toString();
    }

    public String later() {
        return rows.isEmpty() ? "" : rows.getFirst().report().day().toString();
    }
}
