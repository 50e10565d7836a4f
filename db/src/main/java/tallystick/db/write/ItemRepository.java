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
import java.util.Optional;

/// Items: one row per reference.
public final class ItemRepository {
    private static final String LOAD =
            "SELECT item_key, version, body FROM ledger.item WHERE item_key = ANY (?)";

    private static final String LOAD_NAMED =
            "SELECT item_key, version, body, key_text, partition_number FROM ledger.item WHERE item_key = ANY (?)";

    private static final String COLUMNS =
            """
            unnest(?::bytea[], ?::text[], ?::text[], ?::integer[], ?::text[], ?::bigint[], ?::timestamptz[], ?::timestamptz[],
                   ?::boolean[], ?::boolean[], ?::text[], ?::text[], ?::integer[], ?::bigint[], ?::bytea[])
                AS one (item_key, key_text, kind, partition_number, state, residue_msat, due_at, waits_for_coverage,
                        has_invoice, has_payment, nodes, pairs, version, batch_id, body)
            """;

    private static final String INSERT =
            """
            INSERT INTO ledger.item (item_key, key_text, kind, partition_number, state, residue_msat, due_at,
                                     waits_for_coverage, has_invoice, has_payment, nodes, pairs, version, batch_id, body)
            SELECT item_key, key_text, kind, partition_number, state, residue_msat, due_at, waits_for_coverage,
                   has_invoice, has_payment, string_to_array(nodes, ','), pairs::jsonb, version, batch_id, body
              FROM
            """
                    + COLUMNS
                    + " ORDER BY item_key";

    private static final String UPDATE =
            """
            UPDATE ledger.item
               SET state = one.state, residue_msat = one.residue_msat, due_at = one.due_at,
                   waits_for_coverage = one.waits_for_coverage, has_invoice = one.has_invoice,
                   has_payment = one.has_payment, nodes = string_to_array(one.nodes, ','), pairs = one.pairs::jsonb,
                   version = one.version, batch_id = one.batch_id, body = one.body
              FROM
            """
                    + COLUMNS
                    + " WHERE item.item_key = one.item_key AND item.version = one.version - 1";

    private static final String DUE =
            """
            SELECT item_key FROM ledger.item
             WHERE due_at <= ? AND partition_number = ANY (?)
             ORDER BY due_at, item_key
             LIMIT ?
            """;

    /// Forwards wait for what their node has forwarded, all else for the receipts and payments of the fleet.
    private static final String WAITING =
            """
            SELECT item_key FROM ledger.item
             WHERE partition_number = ? AND waits_for_coverage <= ? AND (kind = 'forward') = ?
             ORDER BY item_key
            """;

    private static final String OPEN =
            """
            SELECT DISTINCT item.item_key
              FROM register.mismatch
              JOIN ledger.item USING (item_key)
             WHERE mismatch.state = 'OPEN' AND item.kind = 'payment' AND item.partition_number = ANY (?)
             ORDER BY item.item_key
            """;

    /// What was stored of an item.
    public record StoredBody(byte[] key, int version, byte[] body) {}

    /// An item with the text of its key, which tells what it is, and its partition number.
    public record NamedBody(StoredBody stored, String keyText, int partition) {}

    /// A row to write.
    ///
    /// @param version 1 for a new item, otherwise one more than what was loaded
    /// @param nodes the nodes that know something of it, comma-separated
    /// @param pairs JSON, see the table
    public record Row(
            byte[] key,
            String keyText,
            String kind,
            int partition,
            String state,
            long residueMsat,
            Optional<Instant> dueAt,
            Optional<Instant> waitsForCoverage,
            boolean hasInvoice,
            boolean hasPayment,
            String nodes,
            String pairs,
            int version,
            long batchId,
            byte[] body) {}

    public List<StoredBody> load(Connection connection, Collection<byte[]> keys)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOAD)) {
            statement.setArray(1, connection.createArrayOf("bytea", keys.toArray(byte[][]::new)));
            List<StoredBody> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(new StoredBody(rows.getBytes(1), rows.getInt(2), rows.getBytes(3)));
                }
            }
            return result;
        }
    }

    /// Items that are known by their key in the database only.
    public List<NamedBody> loadNamed(Connection connection, Collection<byte[]> keys)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOAD_NAMED)) {
            statement.setArray(1, connection.createArrayOf("bytea", keys.toArray(byte[][]::new)));
            List<NamedBody> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(
                            new NamedBody(
                                    new StoredBody(
                                            rows.getBytes(1), rows.getInt(2), rows.getBytes(3)),
                                    rows.getString(4),
                                    rows.getInt(5)));
                }
            }
            return result;
        }
    }

    /// @throws IllegalStateException when a row is not as it was loaded: somebody else wrote it, though we hold its partition
    public void write(Connection connection, Collection<Row> rows) throws SQLException {
        Columns inserts = columns();
        Columns updates = columns();
        for (Row row : rows) {
            (row.version() == 1 ? inserts : updates)
                    .add(
                            row.key(),
                            row.keyText(),
                            row.kind(),
                            row.partition(),
                            row.state(),
                            row.residueMsat(),
                            row.dueAt().orElse(null),
                            row.waitsForCoverage().orElse(null),
                            row.hasInvoice(),
                            row.hasPayment(),
                            row.nodes(),
                            row.pairs(),
                            row.version(),
                            row.batchId(),
                            row.body());
        }
        inserts.update(connection, INSERT);
        int updated = updates.update(connection, UPDATE);
        if (updated != updates.size()) {
            throw new IllegalStateException(
                    "items: %d of %d updated (expected: all, as their partition is locked)"
                            .formatted(updated, updates.size()));
        }
    }

    /// Keys of items that are to be decided though nothing came, the most overdue first.
    public List<byte[]> due(
            Connection connection, Instant now, Collection<Integer> partitions, int limit)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(DUE)) {
            statement.setObject(1, now.atOffset(ZoneOffset.UTC), Types.TIMESTAMP_WITH_TIMEZONE);
            statement.setArray(2, connection.createArrayOf("integer", partitions.toArray()));
            statement.setInt(3, limit);
            return keys(statement);
        }
    }

    /// Keys of items that wait for coverage up to the given moment.
    ///
    /// @param areForwards forwards, or all others
    public List<byte[]> waiting(
            Connection connection, int partition, Instant coveredUntil, boolean areForwards)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(WAITING)) {
            statement.setInt(1, partition);
            statement.setObject(
                    2, coveredUntil.atOffset(ZoneOffset.UTC), Types.TIMESTAMP_WITH_TIMEZONE);
            statement.setBoolean(3, areForwards);
            return keys(statement);
        }
    }

    /// Keys of payment items of which a mismatch is open.
    public List<byte[]> open(Connection connection, Collection<Integer> partitions)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(OPEN)) {
            statement.setArray(1, connection.createArrayOf("integer", partitions.toArray()));
            return keys(statement);
        }
    }

    private static List<byte[]> keys(PreparedStatement statement) throws SQLException {
        List<byte[]> result = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                result.add(rows.getBytes(1));
            }
        }
        return result;
    }

    private static Columns columns() {
        return new Columns(
                "bytea",
                "text",
                "text",
                "integer",
                "text",
                "bigint",
                "timestamptz",
                "timestamptz",
                "boolean",
                "boolean",
                "text",
                "text",
                "integer",
                "bigint",
                "bytea");
    }
}
