package tallystick.db.write;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Rows turned into one array per column, for `unnest`: one round trip and one plan, whatever the number of rows.
final class Columns {
    private final String[] types;
    private final List<List<@Nullable Object>> values = new ArrayList<>();

    Columns(String... types) {
        this.types = types;
        for (int i = 0; i < types.length; i++) {
            values.add(new ArrayList<>());
        }
    }

    /// Values in the order of the types. Instants are cut to the microseconds that Postgres keeps.
    void add(@Nullable Object... row) {
        if (row.length != types.length) {
            throw new IllegalStateException(
                    "row: %d values (expected: %d)".formatted(row.length, types.length));
        }
        for (int i = 0; i < row.length; i++) {
            Object value = row[i];
            values.get(i)
                    .add(
                            value instanceof Instant instant
                                    ? instant.truncatedTo(ChronoUnit.MICROS).toString()
                                    : value);
        }
    }

    boolean isEmpty() {
        return values.getFirst().isEmpty();
    }

    int size() {
        return values.getFirst().size();
    }

    /// Runs a statement whose parameters, from `first` on, are these columns as arrays.
    int update(Connection connection, String sql) throws SQLException {
        if (isEmpty()) {
            return 0;
        }
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            bind(connection, statement, 1);
            return statement.executeUpdate();
        }
    }

    void bind(Connection connection, PreparedStatement statement, int first) throws SQLException {
        for (int i = 0; i < types.length; i++) {
            Object[] column = values.get(i).toArray();
            Object[] typed =
                    types[i].equals("bytea") ? values.get(i).toArray(byte[][]::new) : column;
            Array array = connection.createArrayOf(types[i], typed);
            statement.setArray(first + i, array);
        }
    }
}
