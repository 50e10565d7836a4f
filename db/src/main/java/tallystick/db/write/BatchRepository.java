package tallystick.db.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneOffset;

/// Batches and the chain of heads.
public final class BatchRepository {
    /// Takes the head's lock, so it is the last statement of its transaction: sequence numbers are in the order of commits.
    private static final String APPEND =
            """
            WITH previous AS (
                SELECT GREATEST(sequence, ?) AS sequence, hash FROM ledger.head FOR UPDATE
            ), next AS (
                UPDATE ledger.head
                   SET sequence = previous.sequence + 1,
                       hash = sha256(previous.hash || int8send(previous.sequence + 1) || ?::bytea)
                  FROM previous
                RETURNING head.sequence, previous.hash AS previous_hash, head.hash
            )
            INSERT INTO ledger.batch (sequence, batch_id, cause, decided_at, records, digest, previous_hash, hash)
            SELECT next.sequence, ?, ?, ?, ?, ?, next.previous_hash, next.hash FROM next
            RETURNING sequence
            """;

    private static final String NEXT_ID = "SELECT nextval('ledger.batch_id')";

    private static final String HEAD = "SELECT sequence FROM ledger.head";

    /// The newest ledger sequence number; 0 before the first batch.
    public long head(Connection connection) throws SQLException {
        return number(connection, HEAD);
    }

    /// A number for the rows of a batch. Gaps mean nothing.
    public long nextBatchId(Connection connection) throws SQLException {
        return number(connection, NEXT_ID);
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet rows = statement.executeQuery()) {
            rows.next();
            return rows.getLong(1);
        }
    }

    /// Appends the batch to the chain and returns its ledger sequence number.
    ///
    /// @param cause `records`, `due`, `group`, `rules`, `redrive` or `restore`
    /// @param digest SHA-256 over what the batch wrote
    public long append(
            Connection connection,
            long batchId,
            String cause,
            Instant decidedAt,
            int records,
            byte[] digest)
            throws SQLException {
        return appendAfter(connection, 0, batchId, cause, decidedAt, records, digest);
    }

    /// The same, with a ledger sequence number that is greater than the given one too: the only way to leave numbers out.
    public long appendAfter(
            Connection connection,
            long sequence,
            long batchId,
            String cause,
            Instant decidedAt,
            int records,
            byte[] digest)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(APPEND)) {
            statement.setLong(1, sequence);
            statement.setBytes(2, digest);
            statement.setLong(3, batchId);
            statement.setString(4, cause);
            statement.setObject(
                    5, decidedAt.atOffset(ZoneOffset.UTC), Types.TIMESTAMP_WITH_TIMEZONE);
            statement.setInt(6, records);
            statement.setBytes(7, digest);
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        }
    }
}
