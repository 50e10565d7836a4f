package tallystick.db.write;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/// Items: one row per reference.
public final class ItemRepository {
    /// Looked up one by one: a hash index gives candidates only, and comparing each of them with `ANY` of all keys would cost
    /// more with every key.
    private static final String LOAD =
            """
            SELECT item.ctid::text, item.item_key, item.version, item.due_at, item.waits_for_coverage, item.body,
                   item.state, item.booked_msat, item.pairs::text, item.node_keys
              FROM unnest(?::bytea[]) AS wanted (item_key)
              JOIN ledger.item_row AS item USING (item_key)
            """;

    private static final String LOAD_NAMED =
            """
            SELECT item.ctid::text, item.item_key, item.version, item.due_at, item.waits_for_coverage, item.body,
                   item.state, item.booked_msat, item.pairs::text, item.node_keys,
                   ledger.item_text(item.kind, item.reference), item.partition_number
              FROM unnest(?::bytea[]) AS wanted (item_key)
              JOIN ledger.item_row AS item USING (item_key)
            """;

    private static final String ADD =
            """
            COPY ledger.item_row (item_key, reference, kind, partition_number, state, residue_msat, due_at, waits_for_coverage,
                              has_invoice, has_payment, node_keys, booked_msat, pairs, version, batch_ids, body)
            FROM STDIN (FORMAT binary)
            """;

    private static final int ADD_COLUMNS = 16;

    /// By the place of the row, which nobody else can move: its partition is ours. Arrays that are unnested in a list of columns
    /// go on together; in FROM each of them would be stored first, which costs as much as the update itself.
    private static final String UPDATE =
            """
            UPDATE ledger.item_row AS item
               SET state = one.state, residue_msat = one.residue_msat, due_at = one.due_at,
                   waits_for_coverage = one.waits_for_coverage, has_invoice = one.has_invoice,
                   has_payment = one.has_payment, node_keys = one.node_keys,
                   booked_msat = one.booked_msat, pairs = one.pairs::jsonb, version = one.version, body = one.body,
                   batch_ids = CASE WHEN one.is_touched THEN item.batch_ids || ?::bigint[] ELSE item.batch_ids END
              FROM (SELECT unnest(?::tid[]) AS place, unnest(?::text[]) AS state, unnest(?::bigint[]) AS residue_msat,
                           unnest(?::timestamptz[]) AS due_at, unnest(?::timestamptz[]) AS waits_for_coverage,
                           unnest(?::boolean[]) AS has_invoice, unnest(?::boolean[]) AS has_payment,
                           unnest(?::bytea[]) AS node_keys, unnest(?::bigint[]) AS booked_msat,
                           unnest(?::text[]) AS pairs, unnest(?::integer[]) AS version,
                           unnest(?::boolean[]) AS is_touched, unnest(?::bytea[]) AS body) AS one
             WHERE item.ctid = one.place AND item.version = one.version - 1
            """;

    /// What was stored of an item.
    ///
    /// @param place of its row, until it is written
    /// @param bookedMsat see the table
    /// @param pairs JSON, see the table
    /// @param nodeKeys the keys of the nodes that know something of it, one after the other
    public record StoredBody(
            String place,
            byte[] key,
            int version,
            Optional<Instant> dueAt,
            Optional<Instant> waitsForCoverage,
            byte[] body,
            String state,
            @Nullable Long bookedMsat,
            @Nullable String pairs,
            byte[] nodeKeys) {}

    /// An item with the text of its key, which tells what it is, and its partition number.
    public record NamedBody(StoredBody stored, String keyText, int partition) {}

    /// A row to write.
    ///
    /// @param place as loaded; null for a new item
    /// @param version 1 for a new item, otherwise one more than what was loaded
    /// @param isTouched whether evidence or transfers of this batch are the item's
    /// @param key of a payment the bytes of its hash
    /// @param nodeKeys the keys of the nodes that know something of it, one after the other
    /// @param bookedMsat see the table
    /// @param pairs JSON, see the table
    public record Row(
            @Nullable String place,
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
            byte[] nodeKeys,
            @Nullable Long bookedMsat,
            @Nullable String pairs,
            int version,
            boolean isTouched,
            byte[] body) {}

    public List<StoredBody> load(Connection connection, Collection<byte[]> keys)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOAD)) {
            statement.setArray(1, connection.createArrayOf("bytea", keys.toArray(byte[][]::new)));
            List<StoredBody> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(stored(rows));
                }
            }
            return result;
        }
    }

    private static StoredBody stored(ResultSet rows) throws SQLException {
        return new StoredBody(
                rows.getString(1),
                rows.getBytes(2),
                rows.getInt(3),
                instant(rows.getTimestamp(4)),
                instant(rows.getTimestamp(5)),
                rows.getBytes(6),
                rows.getString(7),
                rows.getObject(8, Long.class),
                rows.getString(9),
                rows.getBytes(10));
    }

    /// Items that are known by their key in the database only.
    public List<NamedBody> loadNamed(Connection connection, Collection<byte[]> keys)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOAD_NAMED)) {
            statement.setArray(1, connection.createArrayOf("bytea", keys.toArray(byte[][]::new)));
            List<NamedBody> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(new NamedBody(stored(rows), rows.getString(11), rows.getInt(12)));
                }
            }
            return result;
        }
    }

    private static Optional<Instant> instant(@Nullable Timestamp timestamp) {
        return Optional.ofNullable(timestamp).map(Timestamp::toInstant);
    }

    /// @throws IllegalStateException when a row is not as it was loaded: somebody else wrote it, though we hold its partition
    public void write(Connection connection, long batchId, Collection<Row> rows)
            throws SQLException {
        List<Row> changed = new ArrayList<>();
        try (CopyRows added = new CopyRows(connection, ADD, ADD_COLUMNS)) {
            for (Row row : rows) {
                if (row.version() > 1) {
                    changed.add(row);
                    continue;
                }
                added.row()
                        .add(row.key())
                        .add(reference(row))
                        .add(row.kind())
                        .add(row.partition())
                        .add(row.state())
                        .add(row.residueMsat())
                        .add(row.dueAt().orElse(null))
                        .add(row.waitsForCoverage().orElse(null))
                        .add(row.hasInvoice())
                        .add(row.hasPayment())
                        .add(row.nodeKeys())
                        .add(row.bookedMsat())
                        .addJson(row.pairs())
                        .add(row.version());
                if (row.isTouched()) {
                    added.addLongs(batchId);
                } else {
                    added.addLongs();
                }
                added.add(row.body());
            }
            added.end();
        }
        if (!changed.isEmpty()) {
            update(connection, batchId, changed);
        }
    }

    /// As `ledger.item_text` reads it: of a payment the bytes of its hash.
    private static byte[] reference(Row row) {
        return row.kind().equals("payment") ? row.key() : row.keyText().getBytes(UTF_8);
    }

    private static void update(Connection connection, long batchId, List<Row> rows)
            throws SQLException {
        UpdateArrays arrays = new UpdateArrays(rows);
        try (PreparedStatement statement = connection.prepareStatement(UPDATE)) {
            // Appended as an array: a number would have Postgres unfold the array that it is
            // appended to.
            statement.setArray(1, createArray(connection, "bigint", new long[] {batchId}));
            statement.setArray(2, connection.createArrayOf("tid", arrays.places));
            statement.setArray(3, connection.createArrayOf("text", arrays.states));
            statement.setArray(4, createArray(connection, "bigint", arrays.residues));
            statement.setArray(5, connection.createArrayOf("timestamptz", arrays.dues));
            statement.setArray(6, connection.createArrayOf("timestamptz", arrays.waits));
            statement.setArray(7, createArray(connection, "boolean", arrays.invoices));
            statement.setArray(8, createArray(connection, "boolean", arrays.payments));
            statement.setArray(9, connection.createArrayOf("bytea", arrays.nodeKeys));
            statement.setArray(10, connection.createArrayOf("bigint", arrays.booked));
            statement.setArray(11, connection.createArrayOf("text", arrays.pairs));
            statement.setArray(12, createArray(connection, "integer", arrays.versions));
            statement.setArray(13, createArray(connection, "boolean", arrays.touched));
            statement.setArray(14, connection.createArrayOf("bytea", arrays.bodies));
            int updated = statement.executeUpdate();
            if (updated != rows.size()) {
                throw new IllegalStateException(
                        "items: %d of %d updated (expected: all, as their partition is locked)"
                                .formatted(updated, rows.size()));
            }
        }
    }

    private static Array createArray(Connection connection, String type, Object primitives)
            throws SQLException {
        return connection.unwrap(PGConnection.class).createArrayOf(type, primitives);
    }

    /// One array per column, of primitives where there are any: they go over in binary form.
    private static final class UpdateArrays {
        final String[] places;
        final String[] states;
        final long[] residues;
        final @Nullable String[] dues;
        final @Nullable String[] waits;
        final boolean[] invoices;
        final boolean[] payments;
        final byte[][] nodeKeys;
        final @Nullable Long[] booked;
        final @Nullable String[] pairs;
        final int[] versions;
        final boolean[] touched;
        final byte[][] bodies;

        UpdateArrays(List<Row> rows) {
            int size = rows.size();
            places = new String[size];
            states = new String[size];
            residues = new long[size];
            dues = new String[size];
            waits = new String[size];
            invoices = new boolean[size];
            payments = new boolean[size];
            nodeKeys = new byte[size][];
            booked = new Long[size];
            pairs = new String[size];
            versions = new int[size];
            touched = new boolean[size];
            bodies = new byte[size][];
            for (int i = 0; i < size; i++) {
                Row row = rows.get(i);
                places[i] = requireNonNull(row.place(), "place");
                states[i] = row.state();
                residues[i] = row.residueMsat();
                dues[i] = row.dueAt().map(UpdateArrays::text).orElse(null);
                waits[i] = row.waitsForCoverage().map(UpdateArrays::text).orElse(null);
                invoices[i] = row.hasInvoice();
                payments[i] = row.hasPayment();
                nodeKeys[i] = row.nodeKeys();
                booked[i] = row.bookedMsat();
                pairs[i] = row.pairs();
                versions[i] = row.version();
                touched[i] = row.isTouched();
                bodies[i] = row.body();
            }
        }

        private static String text(Instant instant) {
            return instant.truncatedTo(ChronoUnit.MICROS).toString();
        }
    }
}
