package tallystick.db.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// When nodes were first seen at block heights, and which items wait for one.
///
/// Both per partition number, and under the lock of its positions: a height counts for an item when the coverage that tells of
/// it does.
public final class HeightRepository {
    /// What was seen no sooner than a height as great says nothing.
    private static final String ADD_SEEN =
            """
            INSERT INTO ledger.height_seen (partition_number, node, block_height, seen_at, batch_id)
            SELECT one.partition_number, one.node, one.block_height, one.seen_at, one.batch_id
              FROM unnest(?::integer[], ?::text[], ?::integer[], ?::timestamptz[], ?::bigint[])
                   AS one (partition_number, node, block_height, seen_at, batch_id)
             WHERE NOT EXISTS (SELECT FROM ledger.height_seen AS present
                                WHERE present.partition_number = one.partition_number
                                  AND present.node = one.node
                                  AND present.block_height >= one.block_height
                                  AND present.seen_at <= one.seen_at)
            ON CONFLICT (partition_number, node, block_height, seen_at) DO NOTHING
            RETURNING partition_number, node, block_height
            """;

    private static final String FIRST_SEEN =
            """
            SELECT one.partition_number, one.node, one.block_height, first.seen_at
              FROM unnest(?::integer[], ?::text[], ?::integer[]) AS one (partition_number, node, block_height)
              CROSS JOIN LATERAL (SELECT min(seen.seen_at) AS seen_at
                                    FROM ledger.height_seen AS seen
                                   WHERE seen.partition_number = one.partition_number
                                     AND seen.node = one.node
                                     AND seen.block_height >= one.block_height) AS first
             WHERE first.seen_at IS NOT NULL
            """;

    private static final String LOAD_KNOWN =
            """
            SELECT batch.decided_at, seen.partition_number, seen.node, seen.block_height, seen.seen_at
              FROM ledger.height_seen AS seen
              JOIN ledger.batch USING (batch_id)
             ORDER BY batch.sequence, seen.partition_number, seen.node, seen.block_height
            """;

    private static final String ADD_DUE =
            "COPY ledger.height_due (partition_number, node, block_height, item_keys) FROM STDIN (FORMAT binary)";

    private static final String TAKE =
            """
            DELETE FROM ledger.height_due
             WHERE ctid = ANY (ARRAY(SELECT ctid FROM ledger.height_due
                                      WHERE partition_number = ? AND node = ? AND block_height <= ?
                                      ORDER BY block_height
                                      LIMIT ?))
            RETURNING item_keys
            """;

    /// What has ended waits for no height any more.
    private static final String STILL =
            """
            SELECT item.item_key
              FROM (SELECT DISTINCT item_key FROM unnest(?::bytea[]) AS noted (item_key)) AS noted
              JOIN ledger.item USING (item_key)
             WHERE item.state NOT IN ('IDLE', 'AGREED', 'AGREED_BY_RULE')
            """;

    private static final int COLUMNS = 4;

    /// Rows taken at once.
    private static final int ROWS_MAX = 100;

    /// A height, of one node and for one partition number.
    public record Height(int partition, String node, int height) {
        /// True when who has seen the other has seen this one.
        public boolean isReachedBy(Height other) {
            return partition == other.partition
                    && node.equals(other.node)
                    && height <= other.height;
        }
    }

    /// When it, or a greater one, was seen.
    public record Seen(Height height, Instant at) {}

    /// The same with the moment at which that was known.
    public record Known(Instant knownAt, Seen seen) {}

    /// An item that waits for a height.
    public record Waiting(Height height, byte[] key) {}

    /// What was found.
    ///
    /// @param keys of items that are to be decided now
    /// @param mayBeMore whether to look again
    public record Due(List<byte[]> keys, boolean mayBeMore) {}

    /// Keeps what was seen, as far as it says something new.
    ///
    /// @return the heights that do
    public List<Height> addSeen(Connection connection, long batchId, Collection<Seen> seen)
            throws SQLException {
        Columns columns = new Columns("integer", "text", "integer", "timestamptz", "bigint");
        for (Seen one : seen) {
            columns.add(
                    one.height().partition(),
                    one.height().node(),
                    one.height().height(),
                    one.at(),
                    batchId);
        }
        List<Height> added = new ArrayList<>();
        if (!columns.isEmpty()) {
            try (PreparedStatement statement = connection.prepareStatement(ADD_SEEN)) {
                columns.bind(connection, statement, 1);
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        added.add(height(rows, 1));
                    }
                }
            }
        }
        return added;
    }

    /// When each of the heights was first seen; nothing of those that were not.
    public List<Seen> firstSeen(Connection connection, Collection<Height> heights)
            throws SQLException {
        Columns columns = new Columns("integer", "text", "integer");
        heights.forEach(one -> columns.add(one.partition(), one.node(), one.height()));
        List<Seen> result = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(FIRST_SEEN)) {
            columns.bind(connection, statement, 1);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(new Seen(height(rows, 1), rows.getTimestamp(4).toInstant()));
                }
            }
        }
        return result;
    }

    /// All that ever became known, in its order.
    public List<Known> loadKnown(Connection connection) throws SQLException {
        List<Known> result = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(LOAD_KNOWN);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                result.add(
                        new Known(
                                rows.getTimestamp(1).toInstant(),
                                new Seen(height(rows, 2), rows.getTimestamp(5).toInstant())));
            }
        }
        return result;
    }

    /// Notes items that wait for a height.
    public void add(Connection connection, Collection<Waiting> waiting) throws SQLException {
        if (waiting.isEmpty()) {
            return;
        }
        Map<String, List<Waiting>> byHeight = new TreeMap<>();
        for (Waiting one : waiting) {
            byHeight.computeIfAbsent(one.height().toString(), _ -> new ArrayList<>()).add(one);
        }
        try (CopyRows rows = new CopyRows(connection, ADD_DUE, COLUMNS)) {
            for (List<Waiting> some : byHeight.values()) {
                Height height = some.getFirst().height();
                for (List<Waiting> one : Keys.byRow(some)) {
                    rows.row()
                            .add(height.partition())
                            .add(height.node())
                            .add(height.height())
                            .addBytes(one.stream().map(Waiting::key).toList());
                }
            }
            rows.end();
        }
    }

    /// Takes items that wait for the given height or a lower one. Those that still wait are to be noted again.
    public Due take(Connection connection, Height height) throws SQLException {
        List<byte[][]> taken;
        try (PreparedStatement statement = connection.prepareStatement(TAKE)) {
            statement.setInt(1, height.partition());
            statement.setString(2, height.node());
            statement.setInt(3, height.height());
            statement.setInt(4, ROWS_MAX);
            taken = Keys.readLists(statement);
        }
        List<byte[]> keys = taken.stream().flatMap(Arrays::stream).toList();
        return new Due(still(connection, keys), taken.size() == ROWS_MAX);
    }

    private static List<byte[]> still(Connection connection, List<byte[]> keys)
            throws SQLException {
        if (keys.isEmpty()) {
            return keys;
        }
        try (PreparedStatement statement = connection.prepareStatement(STILL)) {
            statement.setArray(1, connection.createArrayOf("bytea", keys.toArray(byte[][]::new)));
            return Keys.read(statement);
        }
    }

    private static Height height(ResultSet rows, int first) throws SQLException {
        return new Height(rows.getInt(first), rows.getString(first + 1), rows.getInt(first + 2));
    }
}
