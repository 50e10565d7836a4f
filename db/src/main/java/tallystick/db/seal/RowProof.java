package tallystick.db.seal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Proves that one row was written by a batch that a head knows, with no more than a few hashes for each batch and for all of them.
/// `VerifyRow.java`, beside this class, checks such a proof without a database.
public final class RowProof {
    /// Version of the text.
    public static final int FORMAT = 1;

    private static final String COLUMNS =
            """
            SELECT attname, format('%I', attname), atttypid = 'bytea'::regtype
              FROM pg_attribute
             WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped
             ORDER BY attnum
            """;

    private static final String IS_SEALED =
            "SELECT EXISTS (SELECT FROM ledger.sealed_table WHERE relation = ?)";

    private static final String NOTED =
            """
            SELECT change.id, batch.sequence
              FROM ledger.row_change AS change
              JOIN ledger.batch USING (batch_id)
             WHERE change.relation = ? AND position(? IN change.added) % 32 = 1
             ORDER BY batch.sequence DESC
             LIMIT 1
            """;

    private static final String BATCH =
            """
            SELECT batch_id, cause, decided_at, records, digest, previous_hash, hash FROM ledger.batch WHERE sequence = ?
            """;

    private static final String CHANGES =
            """
            SELECT id, relation, is_ours, removed, added
              FROM ledger.row_change
              JOIN ledger.batch USING (batch_id)
             WHERE sequence = ?
             ORDER BY id
            """;

    private static final String BATCHES =
            """
            SELECT sequence, digest FROM ledger.batch WHERE format = ? AND sequence < ? ORDER BY sequence
            """;

    private static final int BATCHES_FETCHED = 5_000;

    private final Connection connection;
    private final String table;

    private RowProof(Connection connection, String table) {
        this.connection = connection;
        this.table = table;
    }

    /// @param sealed so far what it is itself
    private record Batch(
            long sequence, SealedBatch sealed, byte[] digest, byte[] previousHash, byte[] hash) {}

    /// Makes the proof, as text.
    ///
    /// @param table with its schema, as `register.decision`
    /// @param key columns and their values, which together name one row; bytes in hex
    /// @param head sequence number of the head to which the proof leads
    /// @throws IllegalArgumentException when there is not exactly one such row, or the head is older than it
    public static String of(
            Connection connection, String ledger, String table, Map<String, String> key, long head)
            throws SQLException {
        return new RowProof(connection, table).text(ledger, key, head);
    }

    private String text(String ledger, Map<String, String> key, long headSequence)
            throws SQLException {
        requireSealed();
        byte[] row = row(key);
        byte[] digest = MerkleTree.sha256().digest(row);
        Place place = place(digest);
        if (place.sequence() > headSequence) {
            throw new IllegalArgumentException(
                    "head: %d (expected: %d or later, the batch that sealed the row)"
                            .formatted(headSequence, place.sequence()));
        }
        Batch batch = batch(place.sequence());
        SealedBatch sealed = batch.sealed();
        addChanges(place.sequence(), sealed);
        int leaf = leaf(sealed, place.id(), digest);
        Batch head = batch(headSequence);
        MerkleTree history = new MerkleTree();
        Optional<Integer> own = history(history, headSequence, place.sequence());
        List<String> lines = new ArrayList<>();
        lines.add("tallystick-row-proof " + FORMAT);
        lines.add("ledger " + ledger);
        lines.add("table " + table);
        lines.add("row " + hex(row));
        lines.add("leaf " + hex(sealed.leaves().get(leaf)));
        lines.add("leaf-path " + path(sealed.tree().path(leaf)));
        lines.add("batch %d %s".formatted(batch.sequence(), hex(batch.digest())));
        lines.add("batch-path " + own.map(index -> path(history.path(index))).orElse(""));
        lines.add(
                "head %d %s %s %s %s"
                        .formatted(
                                head.sequence(),
                                hex(head.digest()),
                                hex(head.previousHash()),
                                hex(history.root()),
                                hex(head.hash())));
        return String.join("\n", lines) + "\n";
    }

    private void requireSealed() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(IS_SEALED)) {
            statement.setString(1, table);
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                if (!rows.getBoolean(1)) {
                    throw new IllegalArgumentException(
                            "table: %s (expected: one of ledger.sealed_table, as register.decision)"
                                    .formatted(table));
                }
            }
        }
    }

    private record Column(String quoted, boolean isBytes) {}

    private byte[] row(Map<String, String> key) throws SQLException {
        Map<String, Column> columns = columns();
        List<String> conditions = new ArrayList<>();
        for (String name : key.keySet()) {
            Column column = columns.get(name);
            if (column == null) {
                throw new IllegalArgumentException(
                        "column: %s (expected: one of %s)"
                                .formatted(name, String.join(", ", columns.keySet())));
            }
            conditions.add(
                    column.isBytes()
                            ? "encode(one.%s, 'hex') = ?".formatted(column.quoted())
                            : "one.%s::text = ?".formatted(column.quoted()));
        }
        // Names are those of the catalogue.
        String sql =
                "SELECT record_send(one) FROM %s AS one WHERE %s LIMIT 2"
                        .formatted(table, String.join(" AND ", conditions));
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            int place = 1;
            for (String value : key.values()) {
                statement.setString(place++, value);
            }
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    throw new IllegalArgumentException(
                            "row: no %s with %s (expected: one)".formatted(table, key));
                }
                byte[] row = rows.getBytes(1);
                if (rows.next()) {
                    throw new IllegalArgumentException(
                            "row: more than one %s with %s (expected: one)".formatted(table, key));
                }
                return row;
            }
        }
    }

    private Map<String, Column> columns() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(COLUMNS)) {
            statement.setString(1, table);
            Map<String, Column> result = new LinkedHashMap<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.put(
                            rows.getString(1), new Column(rows.getString(2), rows.getBoolean(3)));
                }
            }
            return result;
        }
    }

    private record Place(long id, long sequence) {}

    private Place place(byte[] digest) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(NOTED)) {
            statement.setString(1, table);
            statement.setBytes(2, digest);
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    throw new IllegalArgumentException(
                            "row: no batch has sealed it as it stands (expected: one; `verify` says what is wrong, or the next batch seals it)");
                }
                return new Place(rows.getLong(1), rows.getLong(2));
            }
        }
    }

    private Batch batch(long sequence) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(BATCH)) {
            statement.setLong(1, sequence);
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    throw new IllegalArgumentException(
                            "head: %d (expected: the sequence number of a batch)"
                                    .formatted(sequence));
                }
                return new Batch(
                        sequence,
                        new SealedBatch(
                                rows.getLong(1),
                                rows.getString(2),
                                rows.getTimestamp(3).toInstant(),
                                rows.getInt(4)),
                        rows.getBytes(5),
                        rows.getBytes(6),
                        rows.getBytes(7));
            }
        }
    }

    private void addChanges(long sequence, SealedBatch sealed) throws SQLException {
        try (PreparedStatement changes = connection.prepareStatement(CHANGES)) {
            changes.setLong(1, sequence);
            try (ResultSet rows = changes.executeQuery()) {
                while (rows.next()) {
                    sealed.add(
                            rows.getLong(1),
                            rows.getString(2),
                            rows.getBoolean(3),
                            rows.getBytes(4),
                            rows.getBytes(5));
                }
            }
        }
    }

    private static int leaf(SealedBatch sealed, long id, byte[] digest) {
        List<byte[]> leaves = sealed.leaves();
        for (int i = 0; i < leaves.size(); i++) {
            if (SealedBatch.adds(leaves.get(i), id, digest)) {
                return i;
            }
        }
        throw new IllegalArgumentException(
                "row: not among what its batch sealed (expected: there; `verify` says what is wrong)");
    }

    /// Collects the batches before the head; returns the place of the row's own, unless that is the head's.
    private Optional<Integer> history(MerkleTree history, long before, long own)
            throws SQLException {
        Optional<Integer> place = Optional.empty();
        try (PreparedStatement statement = connection.prepareStatement(BATCHES)) {
            statement.setFetchSize(BATCHES_FETCHED);
            statement.setInt(1, SealedBatch.FORMAT);
            statement.setLong(2, before);
            try (ResultSet rows = statement.executeQuery()) {
                for (int i = 0; rows.next(); i++) {
                    long sequence = rows.getLong(1);
                    if (sequence == own) {
                        place = Optional.of(i);
                    }
                    history.add(BatchTree.leaf(sequence, rows.getBytes(2)));
                }
            }
        }
        return place;
    }

    private static String path(List<MerkleTree.Step> path) {
        return path.stream()
                .map(step -> (step.isLeft() ? "L" : "R") + hex(step.hash()))
                .collect(Collectors.joining(" "));
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    /// The program that checks such a proof: one file of Java without anything else.
    public static byte[] verifier() {
        try (var source = RowProof.class.getResourceAsStream("VerifyRow.java")) {
            if (source == null) {
                throw new IllegalStateException("VerifyRow.java: missing (expected: beside me)");
            }
            return source.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
