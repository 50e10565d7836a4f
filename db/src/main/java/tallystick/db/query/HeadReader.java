package tallystick.db.query;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// What stands on every page: how far the ledger is, and its nodes. Any thread.
public final class HeadReader {
    private static final String HEAD =
            """
            SELECT head.sequence, COALESCE(encode(batch.hash, 'hex'), ''), batch.decided_at
              FROM ledger.head
              LEFT JOIN ledger.batch ON batch.sequence = head.sequence
            """;

    private static final String NODES =
            "SELECT node, max(alias) FROM ledger.coverage GROUP BY node ORDER BY node COLLATE \"C\"";

    /// @param hash of the newest batch, 64 hex digits; empty before the first
    /// @param decidedAt empty before the first batch
    public record Head(long sequence, String hash, Optional<Instant> decidedAt) {}

    public Head head(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(HEAD);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return new Head(
                    row.getLong(1),
                    row.getString(2),
                    Optional.ofNullable(row.getTimestamp(3)).map(Timestamp::toInstant));
        }
    }

    /// By public key, the alias; empty when never said.
    public Map<String, String> nodes(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(NODES);
                ResultSet row = statement.executeQuery()) {
            Map<String, String> result = new LinkedHashMap<>();
            while (row.next()) {
                result.put(row.getString(1), row.getString(2));
            }
            return result;
        }
    }
}
