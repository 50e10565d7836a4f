package tallystick.db.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/// What became known of items, in the order in which it did.
public final class HistoryRepository {
    private static final String ITEMS =
            """
            SELECT item.item_key, item.partition_number
              FROM ledger.item
             WHERE item.kind = 'payment'
               AND item.item_key IN (
                   SELECT evidence.item_key
                     FROM ledger.batch
                     JOIN ledger.evidence USING (batch_id)
                    WHERE batch.decided_at >= ?
                    UNION
                   SELECT mismatch.item_key FROM register.mismatch
                    WHERE mismatch.state <> 'CLOSED' AND mismatch.item_key IS NOT NULL)
             ORDER BY item.item_key
            """;

    private static final String EVIDENCE =
            """
            SELECT evidence.item_key, batch.sequence, batch.decided_at, evidence.topic, evidence.partition_number,
                   evidence.record_offset, evidence.bytes
              FROM unnest(?::bytea[]) AS wanted (item_key)
              JOIN ledger.item USING (item_key)
              JOIN ledger.evidence ON evidence.batch_id = ANY (item.batch_ids) AND evidence.item_key = item.item_key
                                  AND item.item_key BETWEEN evidence.first_key AND evidence.last_key
              JOIN ledger.batch ON batch.batch_id = evidence.batch_id
             ORDER BY evidence.item_key, batch.sequence, evidence.ordinal
            """;

    /// An item and the partition number that it belongs to.
    public record Place(byte[] itemKey, int partition) {}

    /// One record that changed an item, and when it was applied.
    public record Applied(
            byte[] itemKey,
            long sequence,
            Instant at,
            String topic,
            int partition,
            long offset,
            byte[] bytes) {}

    /// Items under a payment hash of which something became known since a moment, or of which something is open, in the order of
    /// their keys.
    public List<Place> items(Connection connection, Instant since) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ITEMS)) {
            statement.setObject(1, since.atOffset(ZoneOffset.UTC), Types.TIMESTAMP_WITH_TIMEZONE);
            List<Place> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(new Place(rows.getBytes(1), rows.getInt(2)));
                }
            }
            return result;
        }
    }

    /// All evidence of the given items, by item and in the order in which it was applied.
    public List<Applied> evidence(Connection connection, Collection<byte[]> keys)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(EVIDENCE)) {
            statement.setArray(1, connection.createArrayOf("bytea", keys.toArray(byte[][]::new)));
            List<Applied> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(
                            new Applied(
                                    rows.getBytes(1),
                                    rows.getLong(2),
                                    rows.getTimestamp(3).toInstant(),
                                    rows.getString(4),
                                    rows.getInt(5),
                                    rows.getLong(6),
                                    rows.getBytes(7)));
                }
            }
            return result;
        }
    }
}
