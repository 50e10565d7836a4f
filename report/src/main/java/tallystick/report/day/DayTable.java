package tallystick.report.day;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/// A part of a report as rows and columns: what a CSV file, a sheet of the workbook and an auditor's query have in common.
/// Immutable.
///
/// @param name of the file and of the sheet; begins with the section's number
record DayTable(String name, List<Column> columns, List<Row> rows) {
    DayTable {
        columns = List.copyOf(columns);
        rows = List.copyOf(rows);
    }

    enum Kind {
        /// From outside, or ours.
        TEXT,
        /// A whole number that is never added up.
        NUMBER,
        COUNT,
        /// Amounts that may be added up.
        MSAT,
        /// Amounts of which no sum would mean anything.
        SINGLE_MSAT
    }

    record Column(String name, Kind kind) {
        static Column text(String name) {
            return new Column(name, Kind.TEXT);
        }

        static Column count(String name) {
            return new Column(name, Kind.COUNT);
        }

        static Column msat(String name) {
            return new Column(name, Kind.MSAT);
        }

        static Column singleMsat(String name) {
            return new Column(name, Kind.SINGLE_MSAT);
        }

        static Column number(String name) {
            return new Column(name, Kind.NUMBER);
        }

        boolean isAdded() {
            return kind == Kind.COUNT || kind == Kind.MSAT;
        }

        boolean isAmount() {
            return kind == Kind.MSAT || kind == Kind.SINGLE_MSAT;
        }
    }

    /// What a row is to the sum after it.
    enum Role {
        PLUS,
        MINUS,
        /// Of no sum.
        ASIDE,
        /// All rows since the sum before come to it.
        SUM
    }

    /// @param cells as text, exact; empty where there is nothing
    record Row(Role role, List<String> cells) {
        Row {
            cells = List.copyOf(cells);
        }

        static Row plus(Object... cells) {
            return of(Role.PLUS, cells);
        }

        static Row of(Role role, Object... cells) {
            List<String> texts = new ArrayList<>();
            for (Object cell : cells) {
                texts.add(cell.toString());
            }
            return new Row(role, texts);
        }
    }

    /// With a sum beneath where there are columns to be added up and no sums yet.
    DayTable withSum() {
        boolean isSummed = rows.stream().anyMatch(row -> row.role() == Role.SUM);
        if (isSummed || rows.isEmpty() || columns.stream().noneMatch(Column::isAdded)) {
            return this;
        }
        List<String> cells = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            cells.add(columns.get(i).isAdded() ? sum(i).toString() : i == 0 ? "total" : "");
        }
        List<Row> all = new ArrayList<>(rows);
        all.add(new Row(Role.SUM, cells));
        return new DayTable(name, columns, all);
    }

    private BigInteger sum(int column) {
        BigInteger sum = BigInteger.ZERO;
        for (Row row : rows) {
            if (row.role() == Role.PLUS && !row.cells().get(column).isEmpty()) {
                sum = sum.add(new BigInteger(row.cells().get(column)));
            }
        }
        return sum;
    }
}
