package tallystick.db.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How far each topic partition has been applied.
public final class PositionRepository {
    private static final String ALL =
            """
            SELECT partition_number, topic, cluster_id, topic_id, next_offset, mark, mark_offset FROM ledger.position
            """;

    private static final String LOCK =
            """
            SELECT partition_number, topic, cluster_id, topic_id, next_offset, mark, mark_offset
              FROM ledger.position
             WHERE partition_number = ANY (?)
             ORDER BY partition_number, topic
               FOR UPDATE
            """;

    private static final String CREATE =
            """
            INSERT INTO ledger.position (partition_number, topic, cluster_id, topic_id, next_offset, mark, mark_offset)
            SELECT * FROM unnest(?::integer[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::bytea[], ?::bigint[])
             ORDER BY 1, 2
            ON CONFLICT (partition_number, topic) DO NOTHING
            """;

    private static final String ADVANCE =
            """
            UPDATE ledger.position
               SET next_offset = step.next_offset,
                   mark = COALESCE(step.mark, position.mark),
                   mark_offset = COALESCE(step.mark_offset, position.mark_offset)
              FROM unnest(?::integer[], ?::text[], ?::bigint[], ?::bigint[], ?::bytea[], ?::bigint[])
                   AS step (partition_number, topic, from_offset, next_offset, mark, mark_offset)
             WHERE position.partition_number = step.partition_number
               AND position.topic = step.topic
               AND position.next_offset = step.from_offset
            """;

    private static final String DELETE_ALL = "DELETE FROM ledger.position";

    private static final String DELETE_ALL_PENDING = "DELETE FROM ledger.coverage_pending";

    /// One row.
    ///
    /// @param mark digest of the last applied record
    public record Position(
            int partition,
            String topic,
            String clusterId,
            String topicId,
            long nextOffset,
            byte @Nullable [] mark,
            @Nullable Long markOffset) {}

    /// From one offset to the next.
    public record Step(
            int partition,
            String topic,
            long fromOffset,
            long nextOffset,
            byte @Nullable [] mark,
            @Nullable Long markOffset) {}

    /// All of them, in no order, and without a lock.
    public List<Position> all(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ALL)) {
            return positions(statement);
        }
    }

    /// Locks all positions of the given partition numbers, in one order for all workers, and returns them.
    public List<Position> lock(Connection connection, Collection<Integer> partitions)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOCK)) {
            statement.setArray(1, connection.createArrayOf("integer", partitions.toArray()));
            return positions(statement);
        }
    }

    private static List<Position> positions(PreparedStatement statement) throws SQLException {
        List<Position> result = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                long markOffset = rows.getLong(7);
                result.add(
                        new Position(
                                rows.getInt(1),
                                rows.getString(2),
                                rows.getString(3),
                                rows.getString(4),
                                rows.getLong(5),
                                rows.getBytes(6),
                                rows.wasNull() ? null : markOffset));
            }
        }
        return result;
    }

    /// Adds rows for partitions that have none.
    public void create(Connection connection, Collection<Position> positions) throws SQLException {
        Columns columns =
                new Columns("integer", "text", "text", "text", "bigint", "bytea", "bigint");
        for (Position position : positions) {
            columns.add(
                    position.partition(),
                    position.topic(),
                    position.clusterId(),
                    position.topicId(),
                    position.nextOffset(),
                    position.mark(),
                    position.markOffset());
        }
        columns.update(connection, CREATE);
    }

    /// Compare and set. False when any position was not where the step begins: another worker has been there.
    public boolean advance(Connection connection, Collection<Step> steps) throws SQLException {
        Columns columns = new Columns("integer", "text", "bigint", "bigint", "bytea", "bigint");
        for (Step step : steps) {
            columns.add(
                    step.partition(),
                    step.topic(),
                    step.fromOffset(),
                    step.nextOffset(),
                    step.mark(),
                    step.markOffset());
        }
        return columns.update(connection, ADVANCE) == columns.size();
    }

    /// Forgets all positions, so that everything is read again from the beginning of the log.
    public int deleteAll(Connection connection) throws SQLException {
        try (PreparedStatement pending = connection.prepareStatement(DELETE_ALL_PENDING);
                PreparedStatement positions = connection.prepareStatement(DELETE_ALL)) {
            pending.executeUpdate();
            return positions.executeUpdate();
        }
    }
}
