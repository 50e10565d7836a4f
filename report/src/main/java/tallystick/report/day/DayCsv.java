package tallystick.report.day;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tallystick.report.CsvText;
import tallystick.report.day.DayTable.Column;
import tallystick.report.day.DayTable.Kind;
import tallystick.report.day.DayTable.Row;

/// A report as CSV (RFC 4180, UTF-8), one file for each table. Columns are only ever added, at the end. Amounts are msat
/// integers. Any thread.
public final class DayCsv {
    /// By the name of the file, in the order of the sections.
    public Map<String, String> render(DayReport report) {
        Map<String, String> files = new LinkedHashMap<>();
        DayTables.of(report).forEach(table -> files.put(table.name() + ".csv", text(table)));
        return files;
    }

    private static String text(DayTable table) {
        return CsvText.of(
                table.columns().stream().map(Column::name).toList(),
                table.rows().stream().map(row -> cells(table.columns(), row)).toList());
    }

    private static List<String> cells(List<Column> columns, Row row) {
        List<String> cells = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            String cell = row.cells().get(i);
            cells.add(columns.get(i).kind() == Kind.TEXT ? CsvText.safe(cell) : cell);
        }
        return cells;
    }
}
