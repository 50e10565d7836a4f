package tallystick.reconcile;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import tallystick.ledger.ItemKey;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.item.Item;
import tallystick.reconcile.model.NaiveLedger;

/// What the database holds at one moment, in the form in which the naive ledger says what it must hold.
///
/// @param positions how far each partition is applied
/// @param open mismatches that are not closed, a line each, with who decides them
/// @param dirty groups that are still to be decided, and their items
/// @param overdue items that are due to be decided again, by their key, and since when
/// @param items state and residue of each item, a line each
/// @param known what is known of each item, by its key's text
/// @param balances what each account holds, debits positive. Unit: msat
record Snapshot(
        Map<TopicPartition, Long> positions,
        SortedMap<String, String> open,
        Set<String> dirty,
        Map<String, Instant> overdue,
        SortedSet<String> items,
        SortedMap<String, Item> known,
        SortedMap<String, Long> balances) {
    private static final int PUBKEY_LENGTH = 66;

    static Snapshot of(TestLedger ledger, Instant now, boolean isWhole) {
        return ledger.transactions()
                .read(
                        connection ->
                                new Snapshot(
                                        positions(connection),
                                        open(connection),
                                        dirty(connection, now),
                                        overdue(connection, now),
                                        isWhole ? items(connection) : new TreeSet<>(),
                                        isWhole ? known(connection) : new TreeMap<>(),
                                        isWhole ? balances(connection) : new TreeMap<>()));
    }

    private static Map<TopicPartition, Long> positions(Connection connection) throws SQLException {
        Map<TopicPartition, Long> result = new HashMap<>();
        each(
                connection,
                "SELECT topic, partition_number, next_offset FROM ledger.position",
                row ->
                        result.put(
                                new TopicPartition(row.getString(1), row.getInt(2)),
                                row.getLong(3)));
        return result;
    }

    private static SortedMap<String, String> open(Connection connection) throws SQLException {
        SortedMap<String, String> result = new TreeMap<>();
        each(
                connection,
                """
                SELECT owner, state, code, node, reference, amount_msat, residue_msat, since, sentence,
                       COALESCE(order_text, ''), COALESCE(account, ''), node_msat, books_msat, severity
                  FROM register.mismatch WHERE state <> 'CLOSED'
                """,
                row ->
                        result.put(
                                NaiveLedger.line(
                                        row.getString(2),
                                        row.getString(3),
                                        row.getString(4),
                                        row.getString(5),
                                        row.getLong(6),
                                        row.getLong(7),
                                        row.getTimestamp(8).toInstant(),
                                        row.getString(9),
                                        row.getString(10),
                                        row.getString(11),
                                        row.getObject(12),
                                        row.getObject(13),
                                        row.getString(14)),
                                row.getString(1)));
        return result;
    }

    private static Set<String> dirty(Connection connection, Instant now) throws SQLException {
        Set<String> result = new HashSet<>();
        each(
                connection,
                """
                WITH busy AS ( -- those of matching have nothing to decide unless an entry speaks, or has spoken
                    SELECT group_name FROM ledger.dirty_group
                     WHERE due_at <= '%s'
                       AND (group_name !~ '^(match|amounts)/'
                            OR EXISTS (SELECT FROM ledger.contribution
                                        WHERE contribution.group_name = dirty_group.group_name
                                          AND (entry_id <> '' OR decided_for_msat IS NOT NULL))))
                SELECT group_name FROM busy
                UNION ALL -- what such a group left with its items is behind too
                SELECT encode(item_key, 'hex') FROM ledger.contribution JOIN busy USING (group_name)
                UNION ALL -- and with what hangs together by matching
                SELECT encode(item_key, 'hex') FROM ledger.contribution
                 WHERE group_name ~ '^(match|amounts)/'
                   AND EXISTS (SELECT FROM busy WHERE group_name ~ '^(match|amounts)/')
                   AND EXISTS (SELECT FROM ledger.contribution AS entry
                                WHERE entry.group_name = contribution.group_name AND entry_id <> '')
                """
                        .formatted(now),
                row -> result.add(row.getString(1)));
        return result;
    }

    private static Map<String, Instant> overdue(Connection connection, Instant now)
            throws SQLException {
        Map<String, Instant> result = new HashMap<>();
        each(
                connection,
                "SELECT encode(item_key, 'hex'), due_at FROM ledger.item WHERE due_at <= '%s'"
                        .formatted(now),
                row -> result.put(row.getString(1), row.getTimestamp(2).toInstant()));
        return result;
    }

    private static SortedSet<String> items(Connection connection) throws SQLException {
        SortedSet<String> result = new TreeSet<>();
        each(
                connection,
                "SELECT key_text, state, residue_msat, due_at, waits_for_coverage FROM ledger.item",
                row ->
                        result.add(
                                NaiveLedger.line(
                                        row.getString(1),
                                        row.getString(2),
                                        row.getLong(3),
                                        instant(row, 4),
                                        instant(row, 5))));
        return result;
    }

    private static SortedMap<String, Item> known(Connection connection) throws SQLException {
        SortedMap<String, Item> result = new TreeMap<>();
        each(
                connection,
                "SELECT key_text, body FROM ledger.item",
                row -> {
                    String text = row.getString(1);
                    result.put(text, ItemCodec.decode(key(text), row.getBytes(2)).item());
                });
        return result;
    }

    private static ItemKey key(String text) {
        int slash = text.indexOf('/');
        return text.startsWith("0") && slash == PUBKEY_LENGTH
                ? ItemKey.of(
                        new NodeId(text.substring(0, slash)),
                        Reference.parse(text.substring(slash + 1)))
                : ItemKey.of(Reference.parse(text), java.util.Optional.empty());
    }

    private static SortedMap<String, Long> balances(Connection connection) throws SQLException {
        SortedMap<String, Long> result = new TreeMap<>();
        each(
                connection,
                """
                SELECT account.name, sum(balance.debit_msat - balance.credit_msat)
                  FROM ledger.balance JOIN ledger.account USING (account_id)
                 GROUP BY account.name HAVING sum(balance.debit_msat - balance.credit_msat) <> 0
                """,
                row -> result.put(row.getString(1), row.getLong(2)));
        return result;
    }

    private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
        Timestamp found = row.getTimestamp(column);
        return found == null ? null : found.toInstant();
    }

    private interface Take {
        void take(ResultSet row) throws SQLException;
    }

    private static void each(Connection connection, String sql, Take take) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                take.take(row);
            }
        }
    }
}
