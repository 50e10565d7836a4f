package tallystick.db.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What became known of items, in the order in which it did.
public final class HistoryRepository {
    private static final String ITEMS =
            """
            SELECT item.item_key, item.partition_number
              FROM ledger.item
             WHERE item.kind = 'payment'
               AND NOT EXISTS (SELECT FROM ledger.batch
                                WHERE batch_id = ANY (item.batch_ids)
                                  AND sequence <= (SELECT max(last_sequence) FROM ledger.archived_month))
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
                   evidence.record_offset, evidence.bytes, evidence.has_texts, evidence.is_erased
              FROM unnest(?::bytea[]) AS wanted (item_key)
              JOIN ledger.item USING (item_key)
              JOIN ledger.evidence ON evidence.batch_id = ANY (item.batch_ids) AND evidence.item_key = item.item_key
                                  AND item.item_key BETWEEN evidence.first_key AND evidence.last_key
              JOIN ledger.batch ON batch.batch_id = evidence.batch_id
             ORDER BY evidence.item_key, batch.sequence, evidence.ordinal
            """;

    private static final String STORED =
            """
            SELECT item_key, ledger.item_text(kind, reference), kind, partition_number, state, residue_msat, due_at,
                   waits_for_coverage, has_invoice, has_payment, node_keys, booked_msat, pairs::text, version, body, batch_ids
              FROM ledger.item_row
             ORDER BY item_key
            """;

    private static final String BATCHES =
            """
            SELECT batch_id, sequence, sequence <= COALESCE((SELECT max(last_sequence) FROM ledger.archived_month), 0)
              FROM ledger.batch
            """;

    private static final String ALL_EVIDENCE =
            """
            SELECT evidence.item_key, batch.sequence, batch.decided_at, evidence.topic, evidence.partition_number,
                   evidence.record_offset, evidence.bytes, evidence.has_texts, evidence.is_erased
              FROM ledger.evidence
              JOIN ledger.batch USING (batch_id)
             WHERE evidence.item_key BETWEEN evidence.first_key AND evidence.last_key
             ORDER BY evidence.item_key, batch.sequence, evidence.ordinal
            """;

    private static final String NEWEST =
            """
            SELECT max(decided_at) FROM ledger.batch
            """;

    private static final String ALL_POSTED =
            """
            SELECT item_key, debit_id, credit_id, amount_msat
              FROM ledger.transfer
             WHERE item_key BETWEEN first_key AND last_key
             ORDER BY item_key
            """;

    private static final int ROWS_AT_ONCE = 1_000;

    private static final String NOT_NAMED =
            """
            SELECT item_key, sequence, batch_id, item_row.item_key IS NULL
              FROM (SELECT item_key, batch_id FROM ledger.evidence UNION SELECT item_key, batch_id FROM ledger.transfer) AS one
              JOIN ledger.batch USING (batch_id)
              LEFT JOIN ledger.item_row USING (item_key)
             WHERE item_row.item_key IS NULL OR batch_id <> ALL (batch_ids)
             ORDER BY sequence
            """;

    private static final String EVIDENCE_UNDER =
            """
            SELECT topic, bytes
              FROM ledger.evidence
             WHERE batch_id = ? AND item_key = ? AND ? BETWEEN first_key AND last_key
            """;

    /// An item as it is stored.
    ///
    /// @param sequence of the last batch in which something is its own
    /// @param isArchived whether evidence of it may lie in files
    public record Stored(ItemRepository.Row row, long sequence, boolean isArchived) {
        public byte[] itemKey() {
            return row.key();
        }
    }

    /// Tells evidence that belongs to no item, such as what people decided about a day.
    public interface OfNoItem {
        /// @param key under which it is kept
        boolean isOne(byte[] key, String topic, byte[] bytes);
    }

    /// Takes what is read, many items at once.
    public interface Visitor {
        /// @param evidence theirs, by item and in the order in which it was applied
        /// @param moved what they moved, by item
        void visit(List<Stored> some, List<Applied> evidence, List<Moved> moved)
                throws SQLException;
    }

    /// A transfer of an item.
    public record Moved(byte[] itemKey, long debitId, long creditId, long amountMsat) {}

    /// Something of an item in a batch that its row does not name, so that it would not be found.
    public record NotNamed(String itemKey, long sequence) {}

    /// An item and the partition number that it belongs to.
    public record Place(byte[] itemKey, int partition) {}

    /// One record that changed an item, and when it was applied.
    ///
    /// @param hasTexts whether what people wrote in it lies apart, so that it can be erased
    /// @param isErased whether it is erased: asterisks stand for it in `bytes`
    public record Applied(
            byte[] itemKey,
            long sequence,
            Instant at,
            String topic,
            int partition,
            long offset,
            byte[] bytes,
            boolean hasTexts,
            boolean isErased) {}

    private static final String ARCHIVED =
            """
            SELECT item.key_text
              FROM unnest(?::bytea[]) AS wanted (item_key)
              JOIN ledger.item USING (item_key)
             WHERE EXISTS (SELECT FROM ledger.batch
                            WHERE batch_id = ANY (item.batch_ids)
                              AND sequence <= (SELECT max(last_sequence) FROM ledger.archived_month))
             ORDER BY item.key_text
             LIMIT 1
            """;

    private static final String EVIDENCE_VIEW = "ledger.evidence";

    private final String view;

    /// Reads the evidence that is in the ledger.
    public HistoryRepository() {
        this(EVIDENCE_VIEW);
    }

    /// @param view that shows evidence in place of the ledger's own
    public HistoryRepository(String view) {
        this.view = view;
    }

    /// Refuses items of which evidence is archived: what is put together without it would be wrong.
    ///
    /// @throws IllegalArgumentException with the first of them
    public void requireNotArchived(Connection connection, Collection<byte[]> keys)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ARCHIVED)) {
            statement.setArray(1, connection.createArrayOf("bytea", keys.toArray(byte[][]::new)));
            try (ResultSet rows = statement.executeQuery()) {
                if (rows.next()) {
                    throw new IllegalArgumentException(
                            "evidence of %s: archived (expected: in the ledger, for what is told as known before it was complete)"
                                    .formatted(rows.getString(1)));
                }
            }
        }
    }

    /// Items under a payment hash of which something became known since a moment, or of which something is open, in the order of
    /// their keys. Without those of which evidence is archived.
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

    private String seen(String sql) {
        return sql.replaceAll("\\bledger\\.evidence\\b", view);
    }

    /// When the ledger decided last; the epoch before the first batch.
    public Instant newest(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(NEWEST);
                ResultSet rows = statement.executeQuery()) {
            rows.next();
            return moment(rows, 1).orElse(Instant.EPOCH);
        }
    }

    /// Every item with all that belongs to it, so many at once, in the order of their keys. The database sorts items, evidence and
    /// transfers, each once, on its disk: looking for what belongs to each item would take many times as long.
    public void all(Connection connection, int some, Visitor visitor) throws SQLException {
        Map<Long, Batch> batches = batches(connection);
        try (var items = new Sorted<>(connection, STORED, rows -> stored(rows, batches));
                var evidence =
                        new Sorted<>(connection, seen(ALL_EVIDENCE), HistoryRepository::applied);
                var moved = new Sorted<>(connection, ALL_POSTED, HistoryRepository::moved)) {
            List<Stored> read = items.next(some);
            while (!read.isEmpty()) {
                byte[] last = read.getLast().itemKey();
                visitor.visit(
                        read,
                        evidence.until(last, Applied::itemKey),
                        moved.until(last, Moved::itemKey));
                read = items.next(some);
            }
        }
    }

    private record Batch(long sequence, boolean isArchived) {}

    /// One for some thousand records: less than looking for those of each item.
    private static Map<Long, Batch> batches(Connection connection) throws SQLException {
        Map<Long, Batch> result = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(BATCHES)) {
            statement.setFetchSize(ROWS_AT_ONCE);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.put(rows.getLong(1), new Batch(rows.getLong(2), rows.getBoolean(3)));
                }
            }
        }
        return result;
    }

    private interface Reading<T> {
        T of(ResultSet rows) throws SQLException;
    }

    /// Rows in the order of their items' keys, fetched some at a time.
    private static final class Sorted<T> implements AutoCloseable {
        private final PreparedStatement statement;
        private final ResultSet rows;
        private final Reading<T> reading;
        private @Nullable T ahead;

        Sorted(Connection connection, String sql, Reading<T> reading) throws SQLException {
            this.reading = reading;
            statement = connection.prepareStatement(sql);
            statement.setFetchSize(ROWS_AT_ONCE);
            rows = statement.executeQuery();
            ahead = read();
        }

        private @Nullable T read() throws SQLException {
            return rows.next() ? reading.of(rows) : null;
        }

        List<T> next(int some) throws SQLException {
            List<T> result = new ArrayList<>();
            while (ahead != null && result.size() < some) {
                result.add(ahead);
                ahead = read();
            }
            return result;
        }

        List<T> until(byte[] last, Function<T, byte[]> key) throws SQLException {
            List<T> result = new ArrayList<>();
            while (ahead != null && Arrays.compareUnsigned(key.apply(ahead), last) <= 0) {
                result.add(ahead);
                ahead = read();
            }
            return result;
        }

        @Override
        public void close() throws SQLException {
            statement.close(); // And its rows.
        }
    }

    private static Stored stored(ResultSet rows, Map<Long, Batch> batches) throws SQLException {
        List<Batch> own =
                Arrays.stream((Long[]) rows.getArray(16).getArray())
                        .map(batches::get)
                        .filter(Objects::nonNull)
                        .toList();
        return new Stored(
                new ItemRepository.Row(
                        null,
                        rows.getBytes(1),
                        rows.getString(2),
                        rows.getString(3),
                        rows.getInt(4),
                        rows.getString(5),
                        rows.getLong(6),
                        moment(rows, 7),
                        moment(rows, 8),
                        rows.getBoolean(9),
                        rows.getBoolean(10),
                        rows.getBytes(11),
                        rows.getObject(12, Long.class),
                        rows.getString(13),
                        rows.getInt(14),
                        false,
                        rows.getBytes(15)),
                own.stream().mapToLong(Batch::sequence).max().orElse(0),
                own.stream().anyMatch(Batch::isArchived));
    }

    private static Moved moved(ResultSet rows) throws SQLException {
        return new Moved(rows.getBytes(1), rows.getLong(2), rows.getLong(3), rows.getLong(4));
    }

    private static Applied applied(ResultSet rows) throws SQLException {
        return new Applied(
                rows.getBytes(1),
                rows.getLong(2),
                rows.getTimestamp(3).toInstant(),
                rows.getString(4),
                rows.getInt(5),
                rows.getLong(6),
                rows.getBytes(7),
                rows.getBoolean(8),
                rows.getBoolean(9));
    }

    private static Optional<Instant> moment(ResultSet rows, int column) throws SQLException {
        return Optional.ofNullable(rows.getTimestamp(column)).map(Timestamp::toInstant);
    }

    /// Evidence and transfers that no item's row leads to; none but after somebody changed rows by hand.
    public List<NotNamed> notNamed(Connection connection, OfNoItem ofNoItem, int limit)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(seen(NOT_NAMED))) {
            statement.setFetchSize(ROWS_AT_ONCE);
            List<NotNamed> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (result.size() < limit && rows.next()) {
                    byte[] key = rows.getBytes(1);
                    boolean hasRow = !rows.getBoolean(4);
                    if (hasRow || !isOfNoItem(connection, rows.getLong(3), key, ofNoItem)) {
                        result.add(new NotNamed(HexFormat.of().formatHex(key), rows.getLong(2)));
                    }
                }
            }
            return result;
        }
    }

    private boolean isOfNoItem(Connection connection, long batchId, byte[] key, OfNoItem ofNoItem)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(seen(EVIDENCE_UNDER))) {
            statement.setLong(1, batchId);
            statement.setBytes(2, key);
            statement.setBytes(3, key);
            boolean isOne = false;
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    if (!ofNoItem.isOne(key, rows.getString(1), rows.getBytes(2))) {
                        return false;
                    }
                    isOne = true;
                }
            }
            return isOne;
        }
    }

    /// All evidence of the given items, by item and in the order in which it was applied.
    public List<Applied> evidence(Connection connection, Collection<byte[]> keys)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(seen(EVIDENCE))) {
            statement.setArray(1, connection.createArrayOf("bytea", keys.toArray(byte[][]::new)));
            List<Applied> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(applied(rows));
                }
            }
            return result;
        }
    }
}
