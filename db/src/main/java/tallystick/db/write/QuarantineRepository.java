package tallystick.db.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tallystick.db.write.EvidenceRepository.Quarantined;

/// Records that could not be applied, and what became of them when they were tried again. Append-only.
public final class QuarantineRepository {
    private static final String WAITING =
            """
            SELECT quarantine.topic, quarantine.partition_number, quarantine.record_offset, quarantine.cluster_id,
                   quarantine.record_key, quarantine.record_value, quarantine.reason, batch.sequence, batch.decided_at,
                   (SELECT count(*) FROM ledger.redrive
                     WHERE redrive.topic = quarantine.topic AND redrive.partition_number = quarantine.partition_number
                       AND redrive.record_offset = quarantine.record_offset
                       AND redrive.cluster_id = quarantine.cluster_id)
              FROM ledger.quarantine
              JOIN ledger.batch USING (batch_id)
             WHERE NOT EXISTS (SELECT FROM ledger.redrive
                                WHERE redrive.topic = quarantine.topic
                                  AND redrive.partition_number = quarantine.partition_number
                                  AND redrive.record_offset = quarantine.record_offset
                                  AND redrive.cluster_id = quarantine.cluster_id
                                  AND redrive.reason IS NULL)
               AND (batch.sequence, quarantine.ordinal) > (?, ?)
             ORDER BY batch.sequence, quarantine.ordinal
             LIMIT ?
            """;

    private static final String ADD =
            """
            INSERT INTO ledger.redrive (batch_id, cluster_id, topic, partition_number, record_offset, reason)
            SELECT * FROM unnest(?::bigint[], ?::text[], ?::text[], ?::integer[], ?::bigint[], ?::text[])
            """;

    /// A record that was never applied.
    ///
    /// @param tried how often it was tried again
    public record Waiting(Quarantined record, long sequence, Instant since, long tried) {}

    /// A record that was tried again.
    ///
    /// @param reason why it was refused again; null when it was applied
    public record Redriven(Quarantined record, @Nullable String reason) {}

    /// The records that wait, in the order in which they were quarantined.
    ///
    /// @param afterSequence of the batch after which to begin
    public List<Waiting> waiting(Connection connection, long afterSequence, int limit)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(WAITING)) {
            statement.setLong(1, afterSequence);
            statement.setInt(2, Integer.MAX_VALUE);
            statement.setInt(3, limit);
            List<Waiting> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(
                            new Waiting(
                                    new Quarantined(
                                            rows.getString(1),
                                            rows.getInt(2),
                                            rows.getLong(3),
                                            rows.getString(4),
                                            rows.getBytes(5),
                                            rows.getBytes(6),
                                            rows.getString(7)),
                                    rows.getLong(8),
                                    rows.getTimestamp(9).toInstant(),
                                    rows.getLong(10)));
                }
            }
            return result;
        }
    }

    public void add(Connection connection, long batchId, Collection<Redriven> redriven)
            throws SQLException {
        Columns columns = new Columns("bigint", "text", "text", "integer", "bigint", "text");
        for (Redriven one : redriven) {
            columns.add(
                    batchId,
                    one.record().clusterId(),
                    one.record().topic(),
                    one.record().partition(),
                    one.record().offset(),
                    one.reason());
        }
        columns.update(connection, ADD);
    }
}
