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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Which items are to be decided again though nothing comes: when a moment is there, or when the fleet is read up to one.
///
/// The item's row says for itself what it waits for; here stands only where to look, many keys to a row and none of them ever
/// searched. So an item that waits and then agrees costs no index and no update here. What is looked up in vain is dropped, and
/// what is known to wait no more is dropped without a look-up.
public final class DueRepository {
    private static final String ADD =
            "COPY ledger.due (partition_number, waits_for, due_at, noted_by, item_keys) FROM STDIN (FORMAT binary)";

    private static final String IS_DUE =
            """
            SELECT EXISTS (SELECT FROM ledger.due WHERE partition_number = ANY (?) AND waits_for = 'MOMENT' AND due_at <= ?)
            """;

    private static final String TAKE =
            """
            DELETE FROM ledger.due
             WHERE ctid = ANY (ARRAY(SELECT ctid FROM ledger.due
                                      WHERE partition_number = ANY (?) AND waits_for = ? AND due_at <= ?
                                      ORDER BY due_at
                                      LIMIT ?))
            RETURNING noted_by, item_keys
            """;

    private static final String STILL =
            """
            SELECT item.item_key, item.partition_number,
                   CASE WHEN ? THEN item.waits_for_coverage ELSE item.due_at END AS moment
              FROM (SELECT DISTINCT item_key FROM unnest(?::bytea[]) AS noted (item_key)) AS noted
              JOIN ledger.item USING (item_key)
            """;

    private static final int COLUMNS = 5;

    /// What is noted by nobody is always looked up.
    private static final long NOBODY = 0;

    /// Rows taken at once; all of their items are decided in one transaction.
    static final int ROWS_MAX = 20;

    /// An item and what it waits for.
    ///
    public record Waiting(int partition, For waitsFor, Instant moment, byte[] key) {}

    /// What must be there.
    public enum For {
        /// The moment itself.
        MOMENT,
        /// All that the fleet received and sent before it.
        FLEET,
        /// All that its node forwarded before it.
        FORWARDS
    }

    /// What was found.
    ///
    /// @param keys of items that are to be decided now
    /// @param mayBeMore whether to look again
    public record Due(List<byte[]> keys, boolean mayBeMore) {}

    /// What whoever notes items knows of them since.
    @FunctionalInterface
    public interface Known {
        /// False when the item waits for nothing that was noted by that number, so that it need not be looked up.
        boolean mayWait(long notedBy, byte[] key);
    }

    /// Notes items whose moment is new.
    ///
    /// @param notedBy what to ask for them by when their moment has come
    public void add(Connection connection, long notedBy, Collection<Waiting> waiting)
            throws SQLException {
        Map<Bucket, List<Waiting>> buckets = new LinkedHashMap<>();
        for (Waiting one : waiting) {
            buckets.computeIfAbsent(Bucket.of(one), _ -> new ArrayList<>()).add(one);
        }
        try (CopyRows rows = new CopyRows(connection, ADD, COLUMNS)) {
            for (List<Waiting> bucket : buckets.values()) {
                for (List<Waiting> some : Keys.byRow(bucket)) {
                    add(rows, notedBy, some);
                }
            }
            rows.end();
        }
    }

    /// What comes due within a minute is looked for together.
    private record Bucket(int partition, For waitsFor, long minute) {
        private static final int SECONDS = 60;

        static Bucket of(Waiting one) {
            return new Bucket(
                    one.partition(),
                    one.waitsFor(),
                    Math.floorDiv(one.moment().getEpochSecond(), SECONDS));
        }
    }

    private static void add(CopyRows rows, long notedBy, List<Waiting> some) throws SQLException {
        Waiting first = some.getFirst();
        Instant moment = first.moment();
        for (Waiting one : some) {
            moment = one.moment().isBefore(moment) ? one.moment() : moment;
        }
        rows.row()
                .add(first.partition())
                .add(first.waitsFor().name())
                .add(moment)
                .add(notedBy)
                .addBytes(some.stream().map(Waiting::key).toList());
    }

    /// True when there may be an item whose moment has come.
    public boolean isAnyDue(Connection connection, Instant now, Collection<Integer> partitions)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(IS_DUE)) {
            statement.setArray(1, connection.createArrayOf("integer", partitions.toArray()));
            set(statement, 2, now);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() && rows.getBoolean(1);
            }
        }
    }

    /// Takes items whose moment has come; those that still wait for a later one are noted again. Under the lock of the
    /// partition numbers' positions.
    ///
    /// @param moment up to which that is there: now, or what is read
    /// @param known tells which of them to drop at once
    public Due take(
            Connection connection,
            Collection<Integer> partitions,
            For waitsFor,
            Instant moment,
            Known known)
            throws SQLException {
        List<byte[]> keys = new ArrayList<>();
        int taken = 0;
        try (PreparedStatement statement = connection.prepareStatement(TAKE)) {
            statement.setArray(1, connection.createArrayOf("integer", partitions.toArray()));
            statement.setString(2, waitsFor.name());
            set(statement, 3, moment);
            statement.setInt(4, ROWS_MAX);
            try (ResultSet rows = statement.executeQuery()) {
                for (; rows.next(); taken++) {
                    long notedBy = rows.getLong(1);
                    for (byte[] key : (byte[][]) rows.getArray(2).getArray()) {
                        if (known.mayWait(notedBy, key)) {
                            keys.add(key);
                        }
                    }
                }
            }
        }
        return new Due(stillDue(connection, keys, waitsFor, moment), taken == ROWS_MAX);
    }

    private List<byte[]> stillDue(
            Connection connection, List<byte[]> keys, For waitsFor, Instant moment)
            throws SQLException {
        if (keys.isEmpty()) {
            return keys;
        }
        List<byte[]> due = new ArrayList<>();
        List<Waiting> later = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(STILL)) {
            statement.setBoolean(1, waitsFor != For.MOMENT);
            statement.setArray(2, connection.createArrayOf("bytea", keys.toArray(byte[][]::new)));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    Optional<Instant> own = instant(rows.getTimestamp(3));
                    if (own.isEmpty()) {
                        continue;
                    }
                    if (own.get().isAfter(moment)) {
                        later.add(
                                new Waiting(rows.getInt(2), waitsFor, own.get(), rows.getBytes(1)));
                    } else {
                        due.add(rows.getBytes(1));
                    }
                }
            }
        }
        add(connection, NOBODY, later);
        return due;
    }

    private static Optional<Instant> instant(java.sql.@Nullable Timestamp timestamp) {
        return Optional.ofNullable(timestamp).map(java.sql.Timestamp::toInstant);
    }

    private static void set(PreparedStatement statement, int place, Instant moment)
            throws SQLException {
        statement.setObject(place, moment.atOffset(ZoneOffset.UTC), Types.TIMESTAMP_WITH_TIMEZONE);
    }
}
