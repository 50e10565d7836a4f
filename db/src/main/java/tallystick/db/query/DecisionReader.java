package tallystick.db.query;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// What people decided, and the ledger has applied. Any thread.
public final class DecisionReader {
    private static final String PAGE =
            """
            SELECT batch.sequence, decision.decision_id, decision.bytes, COALESCE(mismatch.label, ''), COALESCE(mismatch.state, ''),
                   COALESCE(mismatch.reference, '')
              FROM register.decision
              JOIN ledger.batch USING (batch_id)
              LEFT JOIN register.mismatch USING (mismatch_id)
             WHERE (batch.sequence, decision.decision_id COLLATE "C") < (?, ? COLLATE "C")
             ORDER BY batch.sequence DESC, decision.decision_id COLLATE "C" DESC
             LIMIT ?
            """;

    private static final String DAYS =
            "SELECT encode(seal_digest, 'hex'), business_day FROM report.issued WHERE encode(seal_digest, 'hex') = ANY (?)";

    /// Where a page begins: behind this one.
    public record Before(long sequence, String decisionId) {
        public static final Before EVERYTHING = new Before(Long.MAX_VALUE, "");
    }

    /// @param bytes its message
    /// @param label of its mismatch; empty when it is about none
    /// @param state of its mismatch now; empty when it is about none
    /// @param reference of its mismatch; empty when it is about none
    public record Applied(
            long sequence,
            String decisionId,
            byte[] bytes,
            String label,
            String state,
            String reference) {
        public Before place() {
            return new Before(sequence, decisionId);
        }
    }

    /// What took effect last comes first.
    public List<Applied> page(Connection connection, Before before, int limit) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(PAGE)) {
            statement.setLong(1, before.sequence());
            statement.setString(2, before.decisionId());
            statement.setInt(3, limit);
            List<Applied> result = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.add(
                            new Applied(
                                    row.getLong(1),
                                    row.getString(2),
                                    row.getBytes(3),
                                    row.getString(4),
                                    row.getString(5),
                                    row.getString(6)));
                }
            }
            return result;
        }
    }

    /// The days of issued reports, by the digest of their seal in hex.
    public Map<String, LocalDate> days(Connection connection, Collection<String> seals)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(DAYS)) {
            statement.setArray(1, connection.createArrayOf("text", seals.toArray()));
            Map<String, LocalDate> result = new HashMap<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.put(row.getString(1), row.getObject(2, LocalDate.class));
                }
            }
            return result;
        }
    }
}
