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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What items say to groups, and which groups are to be decided again.
public final class GroupRepository {
    private static final String DELETE =
            """
            DELETE FROM ledger.contribution
             USING unnest(?::bytea[]) AS silent (item_key)
             WHERE contribution.item_key = silent.item_key
            """;

    private static final String ADD =
            """
            COPY ledger.contribution (group_name, item_key, node, reference, booked_at, entry_id, amount_msat, known_at,
                                      order_text, account, partition_number, is_withdrawn, decided_for_msat, allocated_msat,
                                      is_open, proposal, fee_msat)
            FROM STDIN (FORMAT binary)
            """;

    private static final int ADD_COLUMNS = 17;

    private static final String MARK_DIRTY =
            """
            INSERT INTO ledger.dirty_group (group_name, due_at, waits_node, waits_until)
            SELECT * FROM unnest(?::text[], ?::timestamptz[], ?::text[], ?::timestamptz[]) AS one (name)
             ORDER BY name -- one lock order for all writers
            ON CONFLICT (group_name) DO UPDATE -- waits for one that is being decided
               SET due_at = LEAST(dirty_group.due_at, EXCLUDED.due_at),
                   waits_node = EXCLUDED.waits_node,
                   -- Readings of a node come in a row: the first of them is proven first.
                   waits_until = CASE WHEN dirty_group.group_name LIKE 'proof/%' AND EXCLUDED.waits_until IS NOT NULL
                                      THEN LEAST(dirty_group.waits_until, EXCLUDED.waits_until)
                                      ELSE EXCLUDED.waits_until END
            """;

    /// Coverage lies in every partition number, and a group may have items in any. What moves money in a node's channels comes by
    /// three streams; a day's forwards wait for one. How far a node is read is looked up once for all groups that wait for it.
    private static final String DUE =
            """
            WITH read AS MATERIALIZED (
                SELECT node,
                       CASE WHEN count(proven_until) FILTER (WHERE stream = 'FORWARDS') = ?
                            THEN min(proven_until) FILTER (WHERE stream = 'FORWARDS') END AS forwards_until,
                       CASE WHEN count(proven_until) = 3 * ? THEN min(proven_until) END AS all_until
                  FROM ledger.coverage
                 WHERE stream IN ('FORWARDS', 'INVOICES', 'PAYMENTS')
                 GROUP BY node
            )
            SELECT group_name
              FROM ledger.dirty_group
             WHERE due_at <= ?
               AND (waits_node IS NULL
                    OR waits_until <= (SELECT CASE WHEN group_name LIKE 'forwards/%' THEN forwards_until ELSE all_until END
                                         FROM read
                                        WHERE node = dirty_group.waits_node))
             ORDER BY group_name
             LIMIT ?
            """;

    private static final String IS_DUE =
            "SELECT FROM ledger.dirty_group WHERE group_name = ? AND due_at <= ?";

    private static final String TAKE_DIRTY =
            """
            WITH taken AS MATERIALIZED (
                SELECT group_name FROM ledger.dirty_group
                 WHERE group_name = ANY (?)
                 ORDER BY group_name
                   FOR UPDATE SKIP LOCKED
            )
            DELETE FROM ledger.dirty_group
             USING taken
             WHERE dirty_group.group_name = taken.group_name
            RETURNING dirty_group.group_name
            """;

    private static final String SIZES =
            """
            SELECT group_name, count(*) FROM ledger.contribution WHERE group_name = ANY (?) GROUP BY group_name
            """;

    private static final String PARTITIONS =
            "SELECT DISTINCT partition_number FROM ledger.contribution WHERE group_name = ANY (?) ORDER BY 1";

    private static final String COLUMNS =
            """
            SELECT group_name, item_key, node, reference, booked_at, entry_id, amount_msat, known_at, order_text, account,
                   partition_number, is_withdrawn, decided_for_msat, allocated_msat, is_open, proposal, fee_msat
              FROM ledger.contribution
            """;

    private static final String LOAD =
            COLUMNS + " WHERE group_name = ANY (?) ORDER BY group_name, item_key";

    private static final String LOAD_BOOKED_AFTER =
            COLUMNS + " WHERE group_name = ? AND booked_at > ? ORDER BY item_key, entry_id";

    /// Written as the index of entries without a reference is.
    private static final String WITH_ENTRIES =
            """
            SELECT DISTINCT group_name
              FROM ledger.contribution
             WHERE group_name = ANY (?)
               AND entry_id <> '' AND (group_name LIKE 'match/%' OR group_name LIKE 'amounts/%')
            """;

    /// Written as the index of what was decided is.
    private static final String DECIDED =
            """
            SELECT DISTINCT group_name FROM ledger.contribution WHERE group_name = ANY (?) AND decided_for_msat IS NOT NULL
            """;

    /// A settlement may have waited for an entry that has gone since, without a word from the group: until it is heard it speaks
    /// to no day. It waits for keys alone: a day, which may have many, tells settlements nothing, and is not even looked through.
    private static final String WITH_LISTENERS =
            """
            SELECT DISTINCT group_name
              FROM ledger.contribution
             WHERE group_name = ANY (ARRAY(SELECT name FROM unnest(?::text[]) AS name WHERE name LIKE 'match/%'))
               AND NOT EXISTS (SELECT FROM ledger.contribution AS day
                                WHERE day.item_key = contribution.item_key AND day.group_name LIKE 'amounts/%')
            """;

    /// The other keys of all that speaks to these groups, as far as entries speak to them.
    private static final String LINKED =
            """
            SELECT DISTINCT other.group_name
              FROM ledger.contribution AS mine
              JOIN ledger.contribution AS other ON other.item_key = mine.item_key
             WHERE mine.group_name = ANY (ARRAY(SELECT name FROM unnest(?::text[]) AS name WHERE name LIKE 'match/%'))
               AND other.group_name LIKE 'match/%'
               AND (other.decided_for_msat IS NOT NULL
                    OR EXISTS (SELECT FROM ledger.contribution AS entry
                                WHERE entry.group_name = other.group_name
                                  AND entry.entry_id <> ''
                                  AND (entry.group_name LIKE 'match/%' OR entry.group_name LIKE 'amounts/%')))
             ORDER BY 1
            """;

    /// What one item says to one group, and what the group decided on it.
    ///
    /// @param isWithdrawn it says nothing any more; what was decided is to be taken back
    /// @param decision null while the group has not decided
    /// @param feeMsat of a payment that nobody booked
    public record Row(
            String group,
            byte[] itemKey,
            String node,
            String reference,
            Instant bookedAt,
            String entryId,
            long amountMsat,
            Instant knownAt,
            @Nullable String order,
            @Nullable String account,
            int partition,
            boolean isWithdrawn,
            @Nullable Decision decision,
            long feeMsat) {}

    /// What a group decided on an item.
    ///
    /// @param forMsat what the item had said then
    /// @param allocatedMsat the residue that the item takes over
    /// @param isOpen the group leaves it unexplained
    /// @param proposal what the item may be about; null for nothing
    public record Decision(
            long forMsat, long allocatedMsat, boolean isOpen, @Nullable String proposal) {}

    /// A group that is to be decided.
    ///
    /// @param waitsNode whose forwards, or for a proof all that moves its balances, must be read first, to `waitsUntil`; null for
    ///     nobody's
    public record Dirty(
            String group,
            Instant dueAt,
            @Nullable String waitsNode,
            @Nullable Instant waitsUntil) {}

    /// Replaces all that the given items said, and marks the groups that they said it to, before or now.
    public void replace(
            Connection connection,
            Collection<byte[]> itemKeys,
            Collection<Row> rows,
            Collection<Dirty> touchedGroups)
            throws SQLException {
        if (!itemKeys.isEmpty()) {
            try (PreparedStatement statement = connection.prepareStatement(DELETE)) {
                statement.setArray(
                        1, connection.createArrayOf("bytea", itemKeys.toArray(byte[][]::new)));
                statement.executeUpdate();
            }
        }
        try (CopyRows added = new CopyRows(connection, ADD, ADD_COLUMNS)) {
            for (Row row : rows) {
                Decision decision = row.decision();
                added.row()
                        .add(row.group())
                        .add(row.itemKey())
                        .add(row.node())
                        .add(row.reference())
                        .add(row.bookedAt())
                        .add(row.entryId())
                        .add(row.amountMsat())
                        .add(row.knownAt())
                        .add(row.order())
                        .add(row.account())
                        .add(row.partition())
                        .add(row.isWithdrawn())
                        .add(decision == null ? null : (Long) decision.forMsat())
                        .add(decision == null ? null : (Long) decision.allocatedMsat())
                        .add(decision == null ? null : (Boolean) decision.isOpen())
                        .add(decision == null ? null : decision.proposal())
                        .add(row.feeMsat());
            }
            added.end();
        }
        markDirty(connection, touchedGroups);
    }

    /// Marks groups as to be decided; names must be unique.
    public void markDirty(Connection connection, Collection<Dirty> groups) throws SQLException {
        Columns columns = new Columns("text", "timestamptz", "text", "timestamptz");
        for (Dirty group : groups) {
            columns.add(group.group(), group.dueAt(), group.waitsNode(), group.waitsUntil());
        }
        columns.update(connection, MARK_DIRTY);
    }

    /// Names of dirty groups whose time has come. Nothing is locked.
    ///
    /// @param partitions how many partition numbers there are
    public List<String> due(Connection connection, Instant now, int partitions, int limit)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(DUE)) {
            statement.setInt(1, partitions);
            statement.setInt(2, partitions);
            statement.setObject(3, now.atOffset(ZoneOffset.UTC), Types.TIMESTAMP_WITH_TIMEZONE);
            statement.setInt(4, limit);
            return names(statement);
        }
    }

    /// True when this group, which waits for no node, is to be decided by now.
    public boolean isDue(Connection connection, String group, Instant now) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(IS_DUE)) {
            statement.setString(1, group);
            statement.setObject(2, now.atOffset(ZoneOffset.UTC), Types.TIMESTAMP_WITH_TIMEZONE);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next();
            }
        }
    }

    /// How many items say, or have said, something to each of these groups.
    public Map<String, Long> sizes(Connection connection, Collection<String> groups)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SIZES)) {
            statement.setArray(1, connection.createArrayOf("text", groups.toArray()));
            Map<String, Long> result = new HashMap<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.put(rows.getString(1), rows.getLong(2));
                }
            }
            return result;
        }
    }

    /// The partition numbers of all items that say, or have said, something to these groups.
    public SortedSet<Integer> partitions(Connection connection, Collection<String> groups)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(PARTITIONS)) {
            statement.setArray(1, connection.createArrayOf("text", groups.toArray()));
            SortedSet<Integer> result = new TreeSet<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(rows.getInt(1));
                }
            }
            return result;
        }
    }

    /// Those of the given groups of matching in which an entry speaks, in which there is something to take back, or in which a
    /// settlement may wait to be heard.
    public SortedSet<String> busy(Connection connection, Collection<String> groups)
            throws SQLException {
        SortedSet<String> result = withEntries(connection, groups);
        result.addAll(names(connection, DECIDED, groups));
        result.addAll(names(connection, WITH_LISTENERS, groups));
        return result;
    }

    /// Those of the given groups of matching in which an entry speaks.
    public SortedSet<String> withEntries(Connection connection, Collection<String> groups)
            throws SQLException {
        return new TreeSet<>(names(connection, WITH_ENTRIES, groups));
    }

    /// The given keys and all that are linked with them, by what speaks to several.
    public SortedSet<String> linked(Connection connection, Collection<String> groups)
            throws SQLException {
        SortedSet<String> result = new TreeSet<>(groups);
        Collection<String> next = List.copyOf(groups);
        while (!next.isEmpty()) {
            next = names(connection, LINKED, next).stream().filter(result::add).toList();
        }
        return result;
    }

    /// Takes those of the given groups that are dirty and that nobody else holds, locked until the transaction ends; if it
    /// rolls back they are dirty again.
    public List<String> take(Connection connection, Collection<String> groups) throws SQLException {
        return names(connection, TAKE_DIRTY, groups);
    }

    private static List<String> names(Connection connection, String sql, Collection<String> groups)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setArray(1, connection.createArrayOf("text", groups.toArray()));
            return names(statement);
        }
    }

    private static List<String> names(PreparedStatement statement) throws SQLException {
        List<String> result = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                result.add(rows.getString(1));
            }
        }
        return result;
    }

    public List<Row> load(Connection connection, Collection<String> groups) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOAD)) {
            statement.setArray(1, connection.createArrayOf("text", groups.toArray()));
            return rows(statement);
        }
    }

    /// Of one group only what was booked later than that.
    public List<Row> loadBookedAfter(Connection connection, String group, Instant after)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOAD_BOOKED_AFTER)) {
            statement.setString(1, group);
            statement.setObject(2, after.atOffset(ZoneOffset.UTC));
            return rows(statement);
        }
    }

    private static List<Row> rows(PreparedStatement statement) throws SQLException {
        List<Row> result = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                result.add(
                        new Row(
                                rows.getString(1),
                                rows.getBytes(2),
                                rows.getString(3),
                                rows.getString(4),
                                rows.getTimestamp(5).toInstant(),
                                rows.getString(6),
                                rows.getLong(7),
                                rows.getTimestamp(8).toInstant(),
                                rows.getString(9),
                                rows.getString(10),
                                rows.getInt(11),
                                rows.getBoolean(12),
                                decision(rows),
                                rows.getLong(17)));
            }
        }
        return result;
    }

    private static @Nullable Decision decision(ResultSet rows) throws SQLException {
        long forMsat = rows.getLong(13);
        return rows.wasNull()
                ? null
                : new Decision(forMsat, rows.getLong(14), rows.getBoolean(15), rows.getString(16));
    }
}
