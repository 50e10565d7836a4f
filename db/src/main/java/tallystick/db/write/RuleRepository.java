package tallystick.db.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// Rule sets and their activations. Append-only.
public final class RuleRepository {
    /// The lock of the head orders those who activate.
    private static final String LOCK = "SELECT sequence FROM ledger.head FOR UPDATE";

    private static final String BY_DIGEST =
            "SELECT version FROM register.rule_set WHERE digest = ?";

    private static final String BY_VERSION = "SELECT body FROM register.rule_set WHERE version = ?";

    private static final String ADD =
            """
            INSERT INTO register.rule_set (version, digest, body, stored_at)
            SELECT COALESCE(max(version), 0) + 1, ?, ?, ? FROM register.rule_set
            RETURNING version
            """;

    private static final String ACTIVE =
            """
            SELECT activation.version
              FROM register.rule_activation AS activation
              JOIN ledger.batch USING (batch_id)
             ORDER BY batch.sequence DESC
             LIMIT 1
            """;

    private static final String ACTIVATE =
            "INSERT INTO register.rule_activation (batch_id, version) VALUES (?, ?)";

    private static final String ACTIVATIONS =
            """
            SELECT batch.sequence, batch.decided_at, activation.version
              FROM register.rule_activation AS activation
              JOIN ledger.batch USING (batch_id)
             ORDER BY batch.sequence
            """;

    /// From which ledger sequence number on a version held.
    public record Activation(long sequence, Instant at, int version) {}

    /// Until the transaction ends nobody else activates, nor commits a batch.
    public void lock(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOCK)) {
            statement.executeQuery().close();
        }
    }

    /// The version under which the text is stored.
    public OptionalInt version(Connection connection, byte[] digest) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(BY_DIGEST)) {
            statement.setBytes(1, digest);
            return number(statement);
        }
    }

    /// The text of a version.
    public Optional<String> body(Connection connection, int version) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(BY_VERSION)) {
            statement.setInt(1, version);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() ? Optional.of(rows.getString(1)) : Optional.empty();
            }
        }
    }

    /// Stores a text under the next version. The lock must be held.
    public int add(Connection connection, byte[] digest, String body, Instant now)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ADD)) {
            statement.setBytes(1, digest);
            statement.setString(2, body);
            statement.setObject(3, now.atOffset(ZoneOffset.UTC), Types.TIMESTAMP_WITH_TIMEZONE);
            return number(statement).orElseThrow();
        }
    }

    /// The version that holds; empty before the first activation.
    public OptionalInt active(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ACTIVE)) {
            return number(statement);
        }
    }

    public void activate(Connection connection, long batchId, int version) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ACTIVATE)) {
            statement.setLong(1, batchId);
            statement.setInt(2, version);
            statement.executeUpdate();
        }
    }

    /// In their order.
    public List<Activation> activations(Connection connection) throws SQLException {
        List<Activation> result = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(ACTIVATIONS);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                result.add(
                        new Activation(
                                rows.getLong(1), rows.getTimestamp(2).toInstant(), rows.getInt(3)));
            }
        }
        return result;
    }

    private static OptionalInt number(PreparedStatement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            return rows.next() ? OptionalInt.of(rows.getInt(1)) : OptionalInt.empty();
        }
    }
}
