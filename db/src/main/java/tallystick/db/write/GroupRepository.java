package tallystick.db.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What items say to groups, and which groups are to be decided again.
public final class GroupRepository {
    private static final String DELETE = "DELETE FROM ledger.contribution WHERE item_key = ANY (?)";

    private static final String INSERT =
            """
            INSERT INTO ledger.contribution (group_name, item_key, node, reference, booked_at, entry_id, amount_msat, known_at,
                                             order_text, account)
            SELECT * FROM unnest(?::text[], ?::bytea[], ?::text[], ?::text[], ?::timestamptz[], ?::text[], ?::bigint[],
                                 ?::timestamptz[], ?::text[], ?::text[])
            """;

    private static final String MARK_DIRTY =
            """
            INSERT INTO ledger.dirty_group (group_name)
            SELECT DISTINCT name FROM unnest(?::text[]) AS name ORDER BY name -- one lock order for all writers
            ON CONFLICT (group_name) DO UPDATE SET group_name = EXCLUDED.group_name -- waits for one that is being decided
            """;

    private static final String TAKE_DIRTY =
            """
            WITH taken AS MATERIALIZED ( -- chosen once: a plan that chose again would take more than the limit
                SELECT group_name FROM ledger.dirty_group ORDER BY group_name LIMIT ? FOR UPDATE SKIP LOCKED
            )
            DELETE FROM ledger.dirty_group
             USING taken
             WHERE dirty_group.group_name = taken.group_name
            RETURNING dirty_group.group_name
            """;

    private static final String LOAD =
            """
            SELECT group_name, item_key, node, reference, booked_at, entry_id, amount_msat, known_at, order_text, account
              FROM ledger.contribution
             WHERE group_name = ANY (?)
             ORDER BY group_name, item_key
            """;

    /// What one item says to one group.
    public record Row(
            String group,
            byte[] itemKey,
            String node,
            String reference,
            Instant bookedAt,
            String entryId,
            long amountMsat,
            Instant knownAt,
            @Nullable String order,
            @Nullable String account) {}

    /// Replaces all that the given items said, and marks the groups that they said it to, before or now.
    public void replace(
            Connection connection,
            Collection<byte[]> itemKeys,
            Collection<Row> rows,
            Collection<String> touchedGroups)
            throws SQLException {
        if (!itemKeys.isEmpty()) {
            try (PreparedStatement statement = connection.prepareStatement(DELETE)) {
                statement.setArray(
                        1, connection.createArrayOf("bytea", itemKeys.toArray(byte[][]::new)));
                statement.executeUpdate();
            }
        }
        Columns columns =
                new Columns(
                        "text",
                        "bytea",
                        "text",
                        "text",
                        "timestamptz",
                        "text",
                        "bigint",
                        "timestamptz",
                        "text",
                        "text");
        for (Row row : rows) {
            columns.add(
                    row.group(),
                    row.itemKey(),
                    row.node(),
                    row.reference(),
                    row.bookedAt(),
                    row.entryId(),
                    row.amountMsat(),
                    row.knownAt(),
                    row.order(),
                    row.account());
        }
        columns.update(connection, INSERT);
        Columns dirty = new Columns("text");
        touchedGroups.forEach(dirty::add);
        dirty.update(connection, MARK_DIRTY);
    }

    /// Takes some dirty groups, locked until the transaction ends; if it rolls back they are dirty again.
    public List<String> takeDirty(Connection connection, int limit) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(TAKE_DIRTY)) {
            statement.setInt(1, limit);
            List<String> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(rows.getString(1));
                }
            }
            return result;
        }
    }

    public List<Row> load(Connection connection, Collection<String> groups) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOAD)) {
            statement.setArray(1, connection.createArrayOf("text", groups.toArray()));
            List<Row> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(
                            new Row(
                                    rows.getString(1),
                                    rows.getBytes(2),
                                    rows.getString(3),
                                    rows.getString(4),
                                    rows.getTimestamp(5).toInstant(),
                                    rows.getString(6),
                                    rows.getLong(7),
                                    rows.getTimestamp(8).toInstant(),
                                    rows.getString(9),
                                    rows.getString(10)));
                }
            }
            return result;
        }
    }
}
