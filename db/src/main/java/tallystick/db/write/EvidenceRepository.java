package tallystick.db.write;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/// Evidence, and what could not become evidence. Append-only.
public final class EvidenceRepository {
    private static final String INSERT =
            """
            INSERT INTO ledger.evidence (batch_id, ordinal, item_key, topic, partition_number, record_offset, node,
                                         observed_at, digest, bytes)
            SELECT * FROM unnest(?::bigint[], ?::integer[], ?::bytea[], ?::text[], ?::integer[], ?::bigint[], ?::text[],
                                 ?::timestamptz[], ?::bytea[], ?::bytea[])
            """;

    private static final String QUARANTINE =
            """
            INSERT INTO ledger.quarantine (batch_id, topic, partition_number, record_offset, cluster_id, record_key,
                                           record_value, reason)
            SELECT * FROM unnest(?::bigint[], ?::text[], ?::integer[], ?::bigint[], ?::text[], ?::bytea[], ?::bytea[],
                                 ?::text[])
            ON CONFLICT (cluster_id, topic, partition_number, record_offset) DO NOTHING
            """;

    /// A record that changed an item.
    ///
    /// @param digest SHA-256 of the bytes
    public record Row(
            byte[] itemKey,
            String topic,
            int partition,
            long offset,
            String node,
            Instant observedAt,
            byte[] digest,
            byte[] bytes) {}

    /// A record that could not be applied.
    public record Quarantined(
            String topic,
            int partition,
            long offset,
            String clusterId,
            byte @Nullable [] key,
            byte @Nullable [] value,
            String reason) {}

    public void insert(Connection connection, long batchId, Collection<Row> rows)
            throws SQLException {
        Columns columns =
                new Columns(
                        "bigint",
                        "integer",
                        "bytea",
                        "text",
                        "integer",
                        "bigint",
                        "text",
                        "timestamptz",
                        "bytea",
                        "bytea");
        for (Row row : rows) {
            columns.add(
                    batchId,
                    columns.size(),
                    row.itemKey(),
                    row.topic(),
                    row.partition(),
                    row.offset(),
                    row.node(),
                    row.observedAt(),
                    row.digest(),
                    row.bytes());
        }
        columns.update(connection, INSERT);
    }

    public void quarantine(Connection connection, long batchId, Collection<Quarantined> rows)
            throws SQLException {
        Columns columns =
                new Columns(
                        "bigint", "text", "integer", "bigint", "text", "bytea", "bytea", "text");
        for (Quarantined row : rows) {
            columns.add(
                    batchId,
                    row.topic(),
                    row.partition(),
                    row.offset(),
                    row.clusterId(),
                    row.key(),
                    row.value(),
                    row.reason());
        }
        columns.update(connection, QUARANTINE);
    }
}
