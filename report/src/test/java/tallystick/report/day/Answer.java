package tallystick.report.day;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import tallystick.report.day.DayTable.Column;
import tallystick.report.day.DayTable.Row;

/// What the database answers to a query, as text; comparable with a table of the report.
record Answer(List<String> columns, List<List<String>> rows) {
    static Answer of(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery(sql)) {
            List<String> columns = new ArrayList<>();
            for (int i = 1; i <= answer.getMetaData().getColumnCount(); i++) {
                columns.add(answer.getMetaData().getColumnLabel(i));
            }
            List<List<String>> rows = new ArrayList<>();
            while (answer.next()) {
                List<String> row = new ArrayList<>();
                for (String column : columns) {
                    row.add(text(answer, column));
                }
                rows.add(row);
            }
            return new Answer(columns, rows);
        }
    }

    private static String text(ResultSet answer, String column) throws SQLException {
        Object value = answer.getObject(column);
        return switch (value) {
            case null -> "";
            case java.sql.Timestamp moment -> moment.toInstant().toString();
            default -> value.toString();
        };
    }

    /// Some columns of a table.
    static List<List<String>> of(DayTable table, List<String> columns) {
        List<String> names = table.columns().stream().map(Column::name).toList();
        List<List<String>> rows = new ArrayList<>();
        for (Row row : table.rows()) {
            rows.add(
                    columns.stream()
                            .map(
                                    column -> {
                                        if (!names.contains(column)) {
                                            throw new AssertionError(
                                                    "%s: column %s (expected: one of %s)"
                                                            .formatted(
                                                                    table.name(), column, names));
                                        }
                                        return row.cells().get(names.indexOf(column));
                                    })
                            .toList());
        }
        return rows;
    }
}
