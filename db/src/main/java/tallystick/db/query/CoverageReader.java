package tallystick.db.query;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Up to where nodes are proven to have been read. Any thread.
public final class CoverageReader {
    /// What one partition number has not applied yet is not proven for the ledger.
    private static final String COVERAGE =
            """
            SELECT node, max(alias), stream, CASE WHEN bool_and(proven_until IS NOT NULL) THEN min(proven_until) END,
                   min(block_height), bool_or(has_gaps), max(seen_at)
              FROM ledger.coverage
             GROUP BY node, stream
             ORDER BY node COLLATE "C", stream COLLATE "C"
            """;

    private static final String GAPS =
            "SELECT DISTINCT body FROM ledger.coverage_gap WHERE node = ? ORDER BY body";

    /// One stream of a node.
    ///
    /// @param alias empty when never said
    /// @param provenUntil empty when nothing is proven
    /// @param hasGaps whether something between is missing, and was not looked for since
    /// @param seenAt when it was told last, by the clock of whoever reads the node
    public record StreamCoverage(
            String node,
            String alias,
            String stream,
            Optional<Instant> provenUntil,
            int blockHeight,
            boolean hasGaps,
            Instant seenAt) {}

    /// By node, then by stream.
    public List<StreamCoverage> all(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(COVERAGE);
                ResultSet row = statement.executeQuery()) {
            List<StreamCoverage> result = new ArrayList<>();
            while (row.next()) {
                result.add(
                        new StreamCoverage(
                                row.getString(1),
                                row.getString(2),
                                row.getString(3),
                                Optional.ofNullable(row.getTimestamp(4)).map(Timestamp::toInstant),
                                row.getInt(5),
                                row.getBoolean(6),
                                row.getTimestamp(7).toInstant()));
            }
            return result;
        }
    }

    /// The open gaps of a node, as each partition number knows them: `tallystick.storage.v1.StoredGaps`, each different one once.
    public List<byte[]> gaps(Connection connection, String node) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(GAPS)) {
            statement.setString(1, node);
            List<byte[]> result = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.add(row.getBytes(1));
                }
            }
            return result;
        }
    }
}
