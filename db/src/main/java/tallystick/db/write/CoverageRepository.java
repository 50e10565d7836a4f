package tallystick.db.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// What is proven to have been read of each node, and coverage that still waits for what it covers.
public final class CoverageRepository {
    private static final String SAVE =
            """
            INSERT INTO ledger.coverage (partition_number, node, stream, alias, proven_until, block_height, seen_at, has_gaps)
            SELECT * FROM unnest(?::integer[], ?::text[], ?::text[], ?::text[], ?::timestamptz[], ?::integer[],
                                 ?::timestamptz[], ?::boolean[])
            ON CONFLICT (partition_number, node, stream) DO UPDATE
               SET proven_until = GREATEST(coverage.proven_until, EXCLUDED.proven_until),
                   block_height = GREATEST(coverage.block_height, EXCLUDED.block_height),
                   seen_at = GREATEST(coverage.seen_at, EXCLUDED.seen_at),
                   has_gaps = EXCLUDED.has_gaps,
                   alias = CASE WHEN EXCLUDED.alias <> '' AND EXCLUDED.seen_at >= coverage.seen_at THEN EXCLUDED.alias
                                ELSE coverage.alias END
            """;

    private static final String KNOWN =
            """
            INSERT INTO ledger.coverage_known (batch_id, partition_number, node, stream, alias, proven_until, block_height,
                                               seen_at, has_gaps)
            SELECT ?::bigint, coverage.*
              FROM unnest(?::integer[], ?::text[], ?::text[], ?::text[], ?::timestamptz[], ?::integer[],
                          ?::timestamptz[], ?::boolean[]) AS coverage
            """;

    private static final String LOAD_KNOWN =
            """
            SELECT batch.sequence, batch.decided_at, known.partition_number, known.node, known.stream, known.alias,
                   known.proven_until, known.block_height, known.seen_at, known.has_gaps
              FROM ledger.coverage_known AS known
              JOIN ledger.batch USING (batch_id)
             ORDER BY batch.sequence, known.partition_number, known.node, known.stream
            """;

    private static final String LOAD =
            """
            SELECT partition_number, node, stream, alias, proven_until, block_height, seen_at, has_gaps
              FROM ledger.coverage
             WHERE partition_number = ANY (?)
             ORDER BY partition_number, node, stream
            """;

    private static final String ADD_PENDING =
            """
            INSERT INTO ledger.coverage_pending (partition_number, record_offset, bytes)
            SELECT * FROM unnest(?::integer[], ?::bigint[], ?::bytea[])
            ON CONFLICT (partition_number, record_offset) DO NOTHING
            """;

    private static final String LOAD_PENDING =
            """
            SELECT partition_number, record_offset, bytes
              FROM ledger.coverage_pending
             WHERE partition_number = ANY (?)
             ORDER BY partition_number, record_offset
            """;

    private static final String DELETE_PENDING =
            """
            DELETE FROM ledger.coverage_pending AS pending
             USING unnest(?::integer[], ?::bigint[]) AS done (partition_number, record_offset)
             WHERE pending.partition_number = done.partition_number
               AND pending.record_offset = done.record_offset
            """;

    /// Coverage of one stream of one node, for one partition number.
    ///
    /// @param provenUntil empty when nothing is proven yet
    /// @param hasGaps of invoices: numbers that the node gave and that nothing carries
    public record Row(
            int partition,
            String node,
            String stream,
            String alias,
            Optional<Instant> provenUntil,
            int blockHeight,
            Instant seenAt,
            boolean hasGaps) {
        public Row withGaps(boolean has) {
            return new Row(partition, node, stream, alias, provenUntil, blockHeight, seenAt, has);
        }
    }

    /// A coverage record that waits.
    public record Pending(int partition, long offset, byte[] bytes) {}

    public List<Row> load(Connection connection, Collection<Integer> partitions)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOAD)) {
            statement.setArray(1, connection.createArrayOf("integer", partitions.toArray()));
            List<Row> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(row(rows, 1));
                }
            }
            return result;
        }
    }

    /// Rows must be unique by (partition, node, stream).
    public void save(Connection connection, Collection<Row> rows) throws SQLException {
        columns(rows).update(connection, SAVE);
    }

    /// Keeps what a batch made known, so that what was decided then can be decided again.
    public void addKnown(Connection connection, long batchId, Collection<Row> rows)
            throws SQLException {
        if (rows.isEmpty()) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement(KNOWN)) {
            statement.setLong(1, batchId);
            columns(rows).bind(connection, statement, 2);
            statement.executeUpdate();
        }
    }

    private static Columns columns(Collection<Row> rows) {
        Columns columns =
                new Columns(
                        "integer",
                        "text",
                        "text",
                        "text",
                        "timestamptz",
                        "integer",
                        "timestamptz",
                        "boolean");
        for (Row row : rows) {
            columns.add(
                    row.partition(),
                    row.node(),
                    row.stream(),
                    row.alias(),
                    row.provenUntil().orElse(null),
                    row.blockHeight(),
                    row.seenAt(),
                    row.hasGaps());
        }
        return columns;
    }

    /// @param first the column where it begins
    private static Row row(ResultSet rows, int first) throws SQLException {
        return new Row(
                rows.getInt(first),
                rows.getString(first + 1),
                rows.getString(first + 2),
                rows.getString(first + 3),
                Optional.ofNullable(rows.getTimestamp(first + 4)).map(Timestamp::toInstant),
                rows.getInt(first + 5),
                rows.getTimestamp(first + 6).toInstant(),
                rows.getBoolean(first + 7));
    }

    /// Coverage with the batch that made it known.
    public record Known(long sequence, Instant at, Row row) {}

    /// All that ever became known, in its order.
    public List<Known> loadKnown(Connection connection) throws SQLException {
        List<Known> result = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(LOAD_KNOWN);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                result.add(
                        new Known(rows.getLong(1), rows.getTimestamp(2).toInstant(), row(rows, 3)));
            }
        }
        return result;
    }

    public void addPending(Connection connection, Collection<Pending> rows) throws SQLException {
        Columns columns = new Columns("integer", "bigint", "bytea");
        for (Pending row : rows) {
            columns.add(row.partition(), row.offset(), row.bytes());
        }
        columns.update(connection, ADD_PENDING);
    }

    public List<Pending> loadPending(Connection connection, Collection<Integer> partitions)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOAD_PENDING)) {
            statement.setArray(1, connection.createArrayOf("integer", partitions.toArray()));
            List<Pending> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(new Pending(rows.getInt(1), rows.getLong(2), rows.getBytes(3)));
                }
            }
            return result;
        }
    }

    public void deletePending(Connection connection, Collection<Pending> rows) throws SQLException {
        Columns columns = new Columns("integer", "bigint");
        for (Pending row : rows) {
            columns.add(row.partition(), row.offset());
        }
        columns.update(connection, DELETE_PENDING);
    }
}
