package tallystick.db.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What nodes miss of their receipts, per partition number as coverage is. Nodes that never missed any have no row.
public final class GapRepository {
    private static final String LOAD =
            "SELECT partition_number, node, body FROM ledger.coverage_gap WHERE partition_number = ANY (?)";

    private static final String SAVE =
            """
            INSERT INTO ledger.coverage_gap (partition_number, node, body)
            SELECT * FROM unnest(?::integer[], ?::text[], ?::bytea[])
            ON CONFLICT (partition_number, node) DO UPDATE SET body = EXCLUDED.body
            """;

    /// What was called missing before.
    private static final String MISSING =
            """
            SELECT item.item_key
              FROM register.mismatch
              JOIN ledger.item USING (item_key)
             WHERE mismatch.state <> 'CLOSED'
               AND mismatch.code IN ('BOOKED_NOT_ON_NODE', 'AMBIGUOUS_MATCH')
               AND item.partition_number = ANY (?)
            """;

    /// A node, for one partition number.
    public record Place(int partition, String node) implements Comparable<Place> {
        private static final Comparator<Place> ORDER =
                Comparator.comparingInt(Place::partition).thenComparing(Place::node);

        @Override
        public int compareTo(Place other) {
            return ORDER.compare(this, other);
        }
    }

    /// The bodies are `tallystick.storage.v1.StoredGaps`.
    public Map<Place, byte[]> load(Connection connection, Collection<Integer> partitions)
            throws SQLException {
        Map<Place, byte[]> result = new TreeMap<>();
        try (PreparedStatement statement = connection.prepareStatement(LOAD)) {
            statement.setArray(1, connection.createArrayOf("integer", partitions.toArray()));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.put(new Place(rows.getInt(1), rows.getString(2)), rows.getBytes(3));
                }
            }
        }
        return result;
    }

    /// Items of these partition numbers that are called missing at the nodes, by their key.
    public List<byte[]> missing(Connection connection, Collection<Integer> partitions)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(MISSING)) {
            statement.setArray(1, connection.createArrayOf("integer", partitions.toArray()));
            return Keys.read(statement);
        }
    }

    public void save(Connection connection, Map<Place, byte[]> bodies) throws SQLException {
        Columns columns = new Columns("integer", "text", "bytea");
        bodies.forEach((place, body) -> columns.add(place.partition(), place.node(), body));
        columns.update(connection, SAVE);
    }
}
