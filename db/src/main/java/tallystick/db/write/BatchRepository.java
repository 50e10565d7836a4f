package tallystick.db.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import tallystick.db.seal.BatchTree;
import tallystick.db.seal.Head;
import tallystick.db.seal.SealedBatch;

/// Batches and the chain of heads.
public final class BatchRepository {
    /// Comes last in its transaction: sequence numbers are in the order of commits.
    private static final String LOCK =
            """
            SELECT sequence, hash, sealed, peaks FROM ledger.head FOR UPDATE
            """;

    /// Also what was changed apart from batches, and is committed by now.
    private static final String SEAL =
            """
            UPDATE ledger.row_change SET batch_id = ? WHERE batch_id IS NULL
            RETURNING id, relation, is_ours, removed, added
            """;

    private static final String APPEND =
            """
            WITH next AS (
                UPDATE ledger.head SET sequence = ?, hash = ?, sealed = ?, peaks = ?
            )
            INSERT INTO ledger.batch (sequence, batch_id, cause, decided_at, records, digest, previous_hash, hash, format)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """;

    private static final String NEXT_ID = "SELECT nextval('ledger.batch_id')";

    private static final String HEAD = "SELECT sequence FROM ledger.head";

    private static final String NEWEST =
            """
            SELECT sequence, hash, previous_hash, decided_at FROM ledger.batch ORDER BY sequence DESC LIMIT 1
            """;

    /// The newest ledger sequence number; 0 before the first batch.
    public long head(Connection connection) throws SQLException {
        return number(connection, HEAD);
    }

    /// The newest head; empty before the first batch.
    public Optional<Head> newest(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(NEWEST);
                ResultSet rows = statement.executeQuery()) {
            return rows.next()
                    ? Optional.of(
                            new Head(
                                    rows.getLong(1),
                                    rows.getBytes(2),
                                    rows.getBytes(3),
                                    rows.getTimestamp(4).toInstant()))
                    : Optional.empty();
        }
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

    /// Seals what was written, appends the batch to the chain and returns its ledger sequence number. What is written after it
    /// is sealed with the next.
    ///
    /// @param cause `records`, `due`, `group`, `rules`, `redrive` or `restore`
    public long append(
            Connection connection, long batchId, String cause, Instant decidedAt, int records)
            throws SQLException {
        return appendAfter(connection, 0, batchId, cause, decidedAt, records);
    }

    /// The same, with a ledger sequence number that is greater than the given one too: the only way to leave numbers out.
    public long appendAfter(
            Connection connection,
            long after,
            long batchId,
            String cause,
            Instant decidedAt,
            int records)
            throws SQLException {
        Previous previous = lock(connection);
        Instant at = decidedAt.truncatedTo(ChronoUnit.MICROS);
        SealedBatch sealed = new SealedBatch(batchId, cause, at, records);
        seal(connection, batchId).forEach(one -> one.addTo(sealed));
        long sequence = Math.max(previous.sequence(), after) + 1;
        byte[] digest = sealed.root();
        BatchTree history = previous.history();
        byte[] hash = SealedBatch.hash(previous.hash(), sequence, digest, history.root());
        history.add(sequence, digest);
        try (PreparedStatement statement = connection.prepareStatement(APPEND)) {
            int place = 1;
            statement.setLong(place++, sequence);
            statement.setBytes(place++, hash);
            statement.setLong(place++, history.size());
            statement.setBytes(place++, history.peaks());
            statement.setLong(place++, sequence);
            statement.setLong(place++, batchId);
            statement.setString(place++, cause);
            statement.setObject(
                    place++, at.atOffset(ZoneOffset.UTC), Types.TIMESTAMP_WITH_TIMEZONE);
            statement.setInt(place++, records);
            statement.setBytes(place++, digest);
            statement.setBytes(place++, previous.hash());
            statement.setBytes(place++, hash);
            statement.setInt(place, SealedBatch.FORMAT);
            statement.executeUpdate();
        }
        return sequence;
    }

    private record Previous(long sequence, byte[] hash, BatchTree history) {}

    private record RowChange(
            long id, String relation, boolean isOurs, byte[] removed, byte[] added) {
        void addTo(SealedBatch batch) {
            batch.add(id, relation, isOurs, removed, added);
        }
    }

    private static Previous lock(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOCK);
                ResultSet rows = statement.executeQuery()) {
            rows.next();
            return new Previous(
                    rows.getLong(1),
                    rows.getBytes(2),
                    new BatchTree(rows.getLong(3), rows.getBytes(4)));
        }
    }

    private static List<RowChange> seal(Connection connection, long batchId) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SEAL)) {
            statement.setLong(1, batchId);
            List<RowChange> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(
                            new RowChange(
                                    rows.getLong(1),
                                    rows.getString(2),
                                    rows.getBoolean(3),
                                    rows.getBytes(4),
                                    rows.getBytes(5)));
                }
            }
            result.sort(Comparator.comparingLong(RowChange::id));
            return result;
        }
    }
}
