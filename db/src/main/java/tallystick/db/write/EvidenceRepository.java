package tallystick.db.write;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tallystick.db.seal.TextCommitment;

/// Evidence, and what could not become evidence. Append-only, but for what people wrote, which can be erased.
public final class EvidenceRepository {
    private static final String ADD =
            """
            COPY ledger.evidence_chunk (batch_id, first_ordinal, first_key, last_key, topics, nodes, item_keys, topic_numbers,
                                        partition_numbers, record_offsets, node_numbers, observed_at, bytes)
            FROM STDIN (FORMAT binary)
            """;

    private static final int ADD_COLUMNS = 13;

    private static final String ADD_TEXTS =
            """
            COPY ledger.evidence_text (batch_id, first_ordinal, numbers, places, texts) FROM STDIN (FORMAT binary)
            """;

    private static final int ADD_TEXTS_COLUMNS = 5;

    private static final String COMMIT =
            "INSERT INTO ledger.evidence_commitment (batch_id, digest) VALUES (?, ?)";

    private static final String ERASE =
            """
            WITH found AS (
                SELECT chunk.batch_id, chunk.first_ordinal, chunk.item_keys, array_agg(wanted.item_key) AS wanted_keys
                  FROM unnest(?::bytea[]) AS wanted (item_key)
                  JOIN ledger.item_row AS item USING (item_key)
                  JOIN ledger.evidence_chunk AS chunk ON chunk.batch_id = ANY (item.batch_ids)
                                                     AND wanted.item_key BETWEEN chunk.first_key AND chunk.last_key
                 GROUP BY chunk.batch_id, chunk.first_ordinal, chunk.item_keys
            )
            UPDATE ledger.evidence_text AS text
               SET texts = ARRAY(SELECT CASE WHEN found.item_keys[text.numbers[n]] <> ALL (found.wanted_keys) THEN text.texts[n] END
                                   FROM generate_subscripts(text.numbers, 1) AS n ORDER BY n),
                   digests = ARRAY(SELECT CASE WHEN found.item_keys[text.numbers[n]] = ANY (found.wanted_keys)
                                               THEN COALESCE(sha256(text.texts[n]), text.digests[n]) ELSE text.digests[n] END
                                     FROM generate_subscripts(text.numbers, 1) AS n ORDER BY n)
              FROM found
             WHERE text.batch_id = found.batch_id AND text.first_ordinal = found.first_ordinal
               AND EXISTS (SELECT FROM generate_subscripts(text.numbers, 1) AS n
                            WHERE found.item_keys[text.numbers[n]] = ANY (found.wanted_keys) AND text.texts[n] IS NOT NULL)
            """;

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

    private static final String ERASE_ARCHIVED =
            """
            WITH found AS (
                SELECT text.batch_id, text.first_ordinal, array_agg(wanted.item_key) AS wanted_keys
                  FROM unnest(?::bytea[]) AS wanted (item_key)
                  JOIN ledger.item_row AS item USING (item_key)
                  JOIN ledger.evidence_text AS text ON text.batch_id = ANY (item.batch_ids) AND wanted.item_key = ANY (text.item_keys)
                 GROUP BY text.batch_id, text.first_ordinal
            )
            UPDATE ledger.evidence_text AS text
               SET texts = ARRAY(SELECT CASE WHEN text.item_keys[n] <> ALL (found.wanted_keys) THEN text.texts[n] END
                                   FROM generate_subscripts(text.numbers, 1) AS n ORDER BY n),
                   digests = ARRAY(SELECT CASE WHEN text.item_keys[n] = ANY (found.wanted_keys)
                                               THEN COALESCE(sha256(text.texts[n]), text.digests[n]) ELSE text.digests[n] END
                                     FROM generate_subscripts(text.numbers, 1) AS n ORDER BY n)
              FROM found
             WHERE text.batch_id = found.batch_id AND text.first_ordinal = found.first_ordinal
            """;

    /// A record that changed an item.
    ///
    /// @param bytes without what people wrote
    /// @param texts what people wrote; null when they wrote nothing
    public record Row(
            byte[] itemKey,
            String topic,
            int partition,
            long offset,
            String node,
            Instant observedAt,
            byte[] bytes,
            @Nullable Texts texts) {}

    /// What people wrote in a record.
    ///
    /// @param places where it stood in the whole record: int32 offset, int32 length, and so on
    /// @param salted 16 random bytes, then the texts, one after the other
    public record Texts(byte[] places, byte[] salted) {}

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
        List<Chunk> chunks = chunks(rows);
        try (CopyRows added = new CopyRows(connection, ADD, ADD_COLUMNS)) {
            for (Chunk chunk : chunks) {
                chunk.addTo(added, batchId);
            }
            added.end();
        }
        if (rows.stream().anyMatch(row -> row.texts() != null)) {
            insertTexts(connection, batchId, chunks);
        }
    }

    private static List<Chunk> chunks(Collection<Row> rows) {
        List<Chunk> chunks = new ArrayList<>();
        int ordinal = 0;
        for (Row row : rows) {
            if (chunks.isEmpty() || !chunks.getLast().fits(row)) {
                chunks.add(new Chunk(ordinal));
            }
            chunks.getLast().add(row);
            ordinal++;
        }
        return chunks;
    }

    private static void insertTexts(Connection connection, long batchId, List<Chunk> chunks)
            throws SQLException {
        TextCommitment commitment = new TextCommitment();
        try (CopyRows added = new CopyRows(connection, ADD_TEXTS, ADD_TEXTS_COLUMNS)) {
            for (Chunk chunk : chunks) {
                chunk.addTextsTo(added, batchId, commitment);
            }
            added.end();
        }
        try (PreparedStatement statement = connection.prepareStatement(COMMIT)) {
            statement.setLong(1, batchId);
            statement.setBytes(2, commitment.digest());
            statement.executeUpdate();
        }
    }

    /// Erases what people wrote in the evidence of items. Its commitment stays, and so does what it says of money.
    ///
    /// @param itemKeys of items as they are stored, this batch's evidence included
    public void erase(Connection connection, Collection<byte[]> itemKeys) throws SQLException {
        for (String sql : List.of(ERASE, ERASE_ARCHIVED)) {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setArray(
                        1, connection.createArrayOf("bytea", itemKeys.toArray(byte[][]::new)));
                statement.executeUpdate();
            }
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
            return bytes + size(row) <= Chunks.BYTES_MAX;
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

        void addTextsTo(CopyRows added, long batchId, TextCommitment commitment)
                throws SQLException {
            List<Texts> all = new ArrayList<>();
            int[] numbers = new int[rows.size()];
            for (int i = 0; i < rows.size(); i++) {
                Texts texts = rows.get(i).texts();
                if (texts != null) {
                    commitment.add(firstOrdinal + i, texts.places(), texts.salted());
                    numbers[all.size()] = i + 1;
                    all.add(texts);
                }
            }
            if (!all.isEmpty()) {
                added.row()
                        .add(batchId)
                        .add(firstOrdinal)
                        .addShorts(Arrays.copyOf(numbers, all.size()))
                        .addBytes(all.stream().map(Texts::places).toList())
                        .addBytes(all.stream().map(Texts::salted).toList());
            }
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
