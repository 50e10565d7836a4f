package tallystick.db.write;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Evidence, and what could not become evidence. Append-only.
public final class EvidenceRepository {
    private static final String ADD =
            """
            COPY ledger.evidence_chunk (batch_id, first_ordinal, first_key, last_key, topics, nodes, item_keys, topic_numbers,
                                        partition_numbers, record_offsets, node_numbers, observed_at, bytes)
            FROM STDIN (FORMAT binary)
            """;

    private static final int ADD_COLUMNS = 13;

    private static final String QUARANTINE =
            """
            INSERT INTO ledger.quarantine (batch_id, ordinal, topic, partition_number, record_offset, cluster_id, record_key,
                                           record_value, reason)
            SELECT * FROM unnest(?::bigint[], ?::integer[], ?::text[], ?::integer[], ?::bigint[], ?::text[], ?::bytea[],
                                 ?::bytea[], ?::text[])
            ON CONFLICT (cluster_id, topic, partition_number, record_offset) DO NOTHING
            """;

    private static final String QUARANTINED_AFTER =
            """
            SELECT batch.sequence, quarantine.ordinal, quarantine.topic, quarantine.partition_number,
                   quarantine.record_offset, quarantine.cluster_id, quarantine.record_key, quarantine.record_value,
                   quarantine.reason, batch.decided_at
              FROM ledger.batch
              JOIN ledger.quarantine USING (batch_id)
             WHERE batch.sequence >= ? -- lets the index find where to begin
               AND (batch.sequence, quarantine.ordinal) > (?, ?)
             ORDER BY batch.sequence, quarantine.ordinal
             LIMIT ?
            """;

    /// A record that changed an item.
    ///
    public record Row(
            byte[] itemKey,
            String topic,
            int partition,
            long offset,
            String node,
            Instant observedAt,
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

    /// The same with its place in the order of all.
    public record OrderedQuarantined(
            long sequence, int ordinal, Quarantined record, Instant decidedAt) {}

    /// In the order given: rows of one item should be neighbours, and items in the order of their keys, as the index is.
    public void insert(Connection connection, long batchId, Collection<Row> rows)
            throws SQLException {
        try (CopyRows added = new CopyRows(connection, ADD, ADD_COLUMNS)) {
            Chunk chunk = new Chunk(0);
            for (Row row : rows) {
                if (!chunk.fits(row)) {
                    chunk.addTo(added, batchId);
                    chunk = new Chunk(chunk.firstOrdinal + chunk.rows.size());
                }
                chunk.add(row);
            }
            if (!chunk.rows.isEmpty()) {
                chunk.addTo(added, batchId);
            }
            added.end();
        }
    }

    /// Rows that lie together in one page.
    private static final class Chunk {
        /// A row's elements but for its bytes: lengths, the key, offset, moment and three numbers.
        private static final int ROW_BYTES = 72;

        private final int firstOrdinal;
        private final List<Row> rows = new ArrayList<>();
        private final Map<String, Integer> topics = new LinkedHashMap<>();
        private final Map<String, Integer> nodes = new LinkedHashMap<>();
        private int bytes;

        Chunk(int firstOrdinal) {
            this.firstOrdinal = firstOrdinal;
        }

        boolean fits(Row row) {
            return rows.isEmpty() || bytes + size(row) <= Chunks.BYTES_MAX;
        }

        void add(Row row) {
            bytes += size(row);
            rows.add(row);
            topics.putIfAbsent(row.topic(), topics.size() + 1);
            nodes.putIfAbsent(row.node(), nodes.size() + 1);
        }

        private int size(Row row) {
            return ROW_BYTES
                    + row.bytes().length
                    + (topics.containsKey(row.topic()) ? 0 : Chunks.size(row.topic()))
                    + (nodes.containsKey(row.node()) ? 0 : Chunks.size(row.node()));
        }

        void addTo(CopyRows added, long batchId) throws SQLException {
            List<byte[]> keys = rows.stream().map(Row::itemKey).toList();
            added.row()
                    .add(batchId)
                    .add(firstOrdinal)
                    .add(Keys.least(keys))
                    .add(Keys.greatest(keys))
                    .addTexts(topics.keySet())
                    .addTexts(nodes.keySet())
                    .addBytes(keys)
                    .addShorts(rows.stream().mapToInt(row -> number(topics, row.topic())).toArray())
                    .addInts(rows.stream().mapToInt(Row::partition).toArray())
                    .addLongs(rows.stream().mapToLong(Row::offset).toArray())
                    .addShorts(rows.stream().mapToInt(row -> number(nodes, row.node())).toArray())
                    .addInstants(rows.stream().map(Row::observedAt).toList())
                    .addBytes(rows.stream().map(Row::bytes).toList());
        }

        private static int number(Map<String, Integer> numbers, String name) {
            return requireNonNull(numbers.get(name), name);
        }
    }

    public void quarantine(Connection connection, long batchId, Collection<Quarantined> rows)
            throws SQLException {
        Columns columns =
                new Columns(
                        "bigint", "integer", "text", "integer", "bigint", "text", "bytea", "bytea",
                        "text");
        for (Quarantined row : rows) {
            columns.add(
                    batchId,
                    columns.size(),
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

    /// What was quarantined after the given place, in order.
    public List<OrderedQuarantined> quarantinedAfter(
            Connection connection, long sequence, int ordinal, int limit) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(QUARANTINED_AFTER)) {
            statement.setLong(1, sequence);
            statement.setLong(2, sequence);
            statement.setInt(3, ordinal);
            statement.setInt(4, limit);
            List<OrderedQuarantined> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(
                            new OrderedQuarantined(
                                    rows.getLong(1),
                                    rows.getInt(2),
                                    new Quarantined(
                                            rows.getString(3),
                                            rows.getInt(4),
                                            rows.getLong(5),
                                            rows.getString(6),
                                            rows.getBytes(7),
                                            rows.getBytes(8),
                                            rows.getString(9)),
                                    rows.getTimestamp(10).toInstant()));
                }
            }
            return result;
        }
    }
}
