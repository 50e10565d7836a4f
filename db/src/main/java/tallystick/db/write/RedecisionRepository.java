package tallystick.db.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/// How far items were decided again under new rules. Items are walked by the pages they lie on: what moves meanwhile was
/// decided when it moved. Under the lock of the partition numbers' positions.
public final class RedecisionRepository {
    private static final String LOAD =
            """
            SELECT partition_number, version, filenode, next_page, end_page
              FROM ledger.redecision
             WHERE partition_number = ANY (?)
             ORDER BY partition_number
            """;

    private static final String PAGES =
            """
            SELECT pg_relation_filenode('ledger.item_row')::bigint,
                   pg_relation_size('ledger.item_row') / current_setting('block_size')::bigint
            """;

    private static final String SAVE =
            """
            INSERT INTO ledger.redecision (partition_number, version, filenode, next_page, end_page)
            SELECT * FROM unnest(?::integer[], ?::integer[], ?::bigint[], ?::bigint[], ?::bigint[]) AS one (number)
             ORDER BY number
            ON CONFLICT (partition_number) DO UPDATE
               SET version = EXCLUDED.version, filenode = EXCLUDED.filenode, next_page = EXCLUDED.next_page,
                   end_page = EXCLUDED.end_page
            """;

    private static final String ITEMS =
            """
            SELECT item_key, state
              FROM ledger.item_row
             WHERE ctid >= ?::tid AND ctid < ?::tid AND partition_number = ANY (?)
            """;

    /// How far the items of a partition number were decided under a version of the rules.
    ///
    /// @param filenode of the table's pages
    /// @param endPage where the walk ends
    public record Progress(int partition, int version, long filenode, long nextPage, long endPage) {
        public boolean isDone() {
            return nextPage >= endPage;
        }
    }

    /// The table of items as it lies on disk.
    public record Pages(long filenode, long count) {}

    /// An item and how it stands.
    public record Standing(byte[] itemKey, String state) {}

    /// In the order of their numbers.
    public List<Progress> load(Connection connection, Collection<Integer> partitions)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOAD)) {
            statement.setArray(1, connection.createArrayOf("integer", partitions.toArray()));
            List<Progress> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(
                            new Progress(
                                    rows.getInt(1),
                                    rows.getInt(2),
                                    rows.getLong(3),
                                    rows.getLong(4),
                                    rows.getLong(5)));
                }
            }
            return result;
        }
    }

    public Pages pages(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(PAGES);
                ResultSet rows = statement.executeQuery()) {
            rows.next();
            return new Pages(rows.getLong(1), rows.getLong(2));
        }
    }

    public void save(Connection connection, Collection<Progress> progress) throws SQLException {
        Columns columns = new Columns("integer", "integer", "bigint", "bigint", "bigint");
        for (Progress one : progress) {
            columns.add(
                    one.partition(), one.version(), one.filenode(), one.nextPage(), one.endPage());
        }
        columns.update(connection, SAVE);
    }

    /// Items of the given partition numbers that lie on the given pages.
    public List<Standing> items(
            Connection connection, Collection<Integer> partitions, long fromPage, long toPage)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ITEMS)) {
            statement.setString(1, "(%d,0)".formatted(fromPage));
            statement.setString(2, "(%d,0)".formatted(toPage));
            statement.setArray(3, connection.createArrayOf("integer", partitions.toArray()));
            List<Standing> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(new Standing(rows.getBytes(1), rows.getString(2)));
                }
            }
            return result;
        }
    }
}
