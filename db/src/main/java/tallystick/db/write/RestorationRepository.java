package tallystick.db.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.Optional;
import java.util.OptionalLong;

/// Restorations from a backup, and how far each is made good.
public final class RestorationRepository {
    private static final String ADD =
            """
            INSERT INTO ledger.restoration (batch_id, restored_sequence, published_sequence, ends)
            SELECT ?, ?, ?, COALESCE(jsonb_agg(jsonb_build_object('topic', topic, 'partition', partition, 'end', ends_at)), '[]')
              FROM unnest(?::text[], ?::integer[], ?::bigint[]) AS one (topic, partition, ends_at)
            """;

    private static final String NEWEST =
            """
            SELECT restoration.batch_id, ended.sequence
              FROM ledger.restoration
              JOIN ledger.batch USING (batch_id)
              LEFT JOIN ledger.restoration_end ON restoration_id = restoration.batch_id
              LEFT JOIN ledger.batch AS ended ON ended.batch_id = restoration_end.batch_id
             ORDER BY batch.sequence DESC
             LIMIT 1
            """;

    /// Nothing of the log then is left to apply, and nothing of what was applied is left to decide.
    private static final String IS_REDONE =
            """
            SELECT NOT EXISTS (
                       SELECT FROM ledger.restoration
                        CROSS JOIN jsonb_to_recordset(ends) AS one (topic text, partition integer, "end" bigint)
                         LEFT JOIN ledger.position
                                ON position.topic = one.topic AND position.partition_number = one.partition
                        WHERE restoration.batch_id = ? AND COALESCE(next_offset, 0) < one."end")
                   AND NOT EXISTS (SELECT FROM ledger.dirty_group)
                   AND NOT EXISTS (SELECT FROM ledger.due WHERE waits_for = 'MOMENT' AND due_at <= ?)
            """;

    private static final String END =
            "INSERT INTO ledger.restoration_end (restoration_id, batch_id) VALUES (?, ?)";

    private static final String LOCK_HEAD = "SELECT sequence FROM ledger.head FOR UPDATE";

    /// A restoration.
    ///
    /// @param endedAt the ledger sequence of the batch that tells what differs; empty while not all is redone
    public record Restored(long id, OptionalLong endedAt) {}

    /// The end of a partition's log.
    public record End(String topic, int partition, long offset) {}

    /// Nobody appends a batch until the transaction ends. Returns the newest ledger sequence.
    public long lockHead(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOCK_HEAD);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    public void add(
            Connection connection,
            long batchId,
            long restoredSequence,
            long publishedSequence,
            Collection<End> ends)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ADD)) {
            statement.setLong(1, batchId);
            statement.setLong(2, restoredSequence);
            statement.setLong(3, publishedSequence);
            statement.setArray(4, texts(connection, ends));
            statement.setArray(
                    5,
                    connection.createArrayOf(
                            "integer", ends.stream().map(End::partition).toArray()));
            statement.setArray(
                    6,
                    connection.createArrayOf("bigint", ends.stream().map(End::offset).toArray()));
            statement.executeUpdate();
        }
    }

    private static java.sql.Array texts(Connection connection, Collection<End> ends)
            throws SQLException {
        return connection.createArrayOf("text", ends.stream().map(End::topic).toArray());
    }

    /// Empty when there never was one.
    public Optional<Restored> newest(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(NEWEST);
                ResultSet row = statement.executeQuery()) {
            if (!row.next()) {
                return Optional.empty();
            }
            long ended = row.getLong(2);
            OptionalLong endedAt = row.wasNull() ? OptionalLong.empty() : OptionalLong.of(ended);
            return Optional.of(new Restored(row.getLong(1), endedAt));
        }
    }

    /// True once the ledger stands where it stood before.
    ///
    /// @param now up to which what comes due must be decided
    public boolean isRedone(Connection connection, long id, Instant now) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(IS_REDONE)) {
            statement.setLong(1, id);
            statement.setObject(2, now.atOffset(ZoneOffset.UTC), Types.TIMESTAMP_WITH_TIMEZONE);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    public void end(Connection connection, long id, long batchId) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(END)) {
            statement.setLong(1, id);
            statement.setLong(2, batchId);
            statement.executeUpdate();
        }
    }
}
