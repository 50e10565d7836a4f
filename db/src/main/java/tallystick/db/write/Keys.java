package tallystick.db.write;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/// Keys of items: noted many to a row, and read.
final class Keys {
    /// Keys in a row, at most.
    private static final int ROW_MAX = 200;

    private Keys() {}

    /// As many lists as there are to be rows.
    static <T> List<List<T>> byRow(List<T> some) {
        List<List<T>> rows = new ArrayList<>();
        for (int from = 0; from < some.size(); from += ROW_MAX) {
            rows.add(some.subList(from, Math.min(from + ROW_MAX, some.size())));
        }
        return rows;
    }

    /// The first of these in the order of Postgres.
    static byte[] least(List<byte[]> keys) {
        return Collections.min(keys, Arrays::compareUnsigned);
    }

    /// The last of these in the order of Postgres.
    static byte[] greatest(List<byte[]> keys) {
        return Collections.max(keys, Arrays::compareUnsigned);
    }

    /// The first column, a key in each row.
    static List<byte[]> read(PreparedStatement statement) throws SQLException {
        List<byte[]> result = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                result.add(rows.getBytes(1));
            }
        }
        return result;
    }

    /// The first column, a list of keys in each row.
    static List<byte[][]> readLists(PreparedStatement statement) throws SQLException {
        List<byte[][]> result = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                result.add((byte[][]) rows.getArray(1).getArray());
            }
        }
        return result;
    }
}
