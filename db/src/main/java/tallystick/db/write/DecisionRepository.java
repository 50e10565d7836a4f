package tallystick.db.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// What people decided. Append-only.
public final class DecisionRepository {
    private static final String INSERT =
            """
            INSERT INTO register.decision (decision_id, mismatch_id, batch_id, bytes)
            SELECT * FROM unnest(?::text[], ?::bytea[], ?::bigint[], ?::bytea[])
            ON CONFLICT (decision_id) DO NOTHING
            """;

    private static final String OF_MISMATCHES =
            """
            SELECT bytes FROM register.decision WHERE mismatch_id = ANY (?) ORDER BY decision_id
            """;

    private static final String KNOWN =
            "SELECT decision_id FROM register.decision WHERE decision_id = ANY (?)";

    private static final String SEQUENCE =
            """
            SELECT batch.sequence
              FROM register.decision
              JOIN ledger.batch USING (batch_id)
             WHERE decision_id = ?
            """;

    private static final String REFUSAL =
            """
            SELECT reason
              FROM ledger.quarantine
             WHERE topic = ? AND partition_number = ? AND record_offset = ?
            """;

    private static final String STATE = "SELECT state FROM register.mismatch WHERE mismatch_id = ?";

    /// One decision with its message.
    public record Row(String decisionId, byte[] mismatchId, byte[] bytes) {}

    public void insert(Connection connection, long batchId, Collection<Row> rows)
            throws SQLException {
        Columns columns = new Columns("text", "bytea", "bigint", "bytea");
        for (Row row : rows) {
            columns.add(row.decisionId(), row.mismatchId(), batchId, row.bytes());
        }
        columns.update(connection, INSERT);
    }

    /// Those of the given ids that are there.
    public List<String> known(Connection connection, Collection<String> decisionIds)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(KNOWN)) {
            statement.setArray(1, connection.createArrayOf("text", decisionIds.toArray()));
            List<String> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(rows.getString(1));
                }
            }
            return result;
        }
    }

    /// The messages of decisions about the given mismatches, whether these were ever open or not.
    public List<byte[]> ofMismatches(Connection connection, Collection<byte[]> mismatchIds)
            throws SQLException {
        if (mismatchIds.isEmpty()) {
            return List.of();
        }
        try (PreparedStatement statement = connection.prepareStatement(OF_MISMATCHES)) {
            statement.setArray(
                    1, connection.createArrayOf("bytea", mismatchIds.toArray(byte[][]::new)));
            List<byte[]> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(rows.getBytes(1));
                }
            }
            return result;
        }
    }

    /// The ledger sequence number at which a decision took effect; empty while it has not.
    public OptionalLong sequence(Connection connection, String decisionId) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SEQUENCE)) {
            statement.setString(1, decisionId);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() ? OptionalLong.of(rows.getLong(1)) : OptionalLong.empty();
            }
        }
    }

    /// Why the record at a place was not applied; empty when it was, or has not been read yet.
    public Optional<String> refusal(Connection connection, String topic, int partition, long offset)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(REFUSAL)) {
            statement.setString(1, topic);
            statement.setInt(2, partition);
            statement.setLong(3, offset);
            return text(statement);
        }
    }

    /// How a mismatch stands; empty when there never was one.
    public Optional<String> state(Connection connection, byte[] mismatchId) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(STATE)) {
            statement.setBytes(1, mismatchId);
            return text(statement);
        }
    }

    private static Optional<String> text(PreparedStatement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            return rows.next() ? Optional.of(rows.getString(1)) : Optional.empty();
        }
    }
}
