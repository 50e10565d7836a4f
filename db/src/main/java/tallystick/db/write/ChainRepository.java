package tallystick.db.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.SortedSet;
import java.util.TreeSet;

/// How the transactions and channels of a node hang together, and which accounts belong to channels that have ended.
public final class ChainRepository {
    private static final String ADD_SPENDS =
            """
            INSERT INTO ledger.chain_spend (node, prev_txid, prev_index, txid, is_ours)
            SELECT * FROM unnest(?::text[], ?::text[], ?::bigint[], ?::text[], ?::boolean[]) AS one (a, b, c, d, e)
             ORDER BY a, b, c, d -- one lock order for all writers
            ON CONFLICT DO NOTHING
            """;

    private static final String ADD_ENDS =
            """
            INSERT INTO ledger.channel_end (node, txid, channel_point)
            SELECT * FROM unnest(?::text[], ?::text[], ?::text[]) AS one (a, b, c)
             ORDER BY a, b, c
            ON CONFLICT DO NOTHING
            """;

    private static final String SPENDERS =
            """
            SELECT DISTINCT txid FROM ledger.chain_spend WHERE node = ? AND prev_txid = ANY (?) AND NOT is_ours
            """;

    private static final String RIVALS =
            """
            SELECT DISTINCT spend.txid
              FROM unnest(?::text[], ?::bigint[]) AS one (prev_txid, prev_index)
              JOIN ledger.chain_spend AS spend
                ON spend.node = ? AND spend.prev_txid = one.prev_txid AND spend.prev_index = one.prev_index
            """;

    private static final String ENDED_BY =
            "SELECT DISTINCT channel_point FROM ledger.channel_end WHERE node = ? AND txid = ANY (?)";

    private static final String ALIASES =
            "SELECT chan_id FROM ledger.channel_alias WHERE node = ? AND channel_point = ?";

    private static final String ADD_ACCOUNTS =
            """
            INSERT INTO ledger.ended_account (account_id, group_name)
            SELECT account_id, ? FROM unnest(?::bigint[]) AS account_id ORDER BY account_id
            ON CONFLICT DO NOTHING
            """;

    private static final String BALANCE =
            """
            SELECT COALESCE(sum(debit_msat - credit_msat), 0) FROM ledger.balance WHERE account_id = ANY (?)
            """;

    private static final String WATCHING =
            "SELECT DISTINCT group_name FROM ledger.ended_account WHERE account_id = ANY (?)";

    /// That a transaction spends an output.
    ///
    /// @param isOurs what is spent was the wallet's own
    public record Spend(
            String node, String prevTxid, long prevIndex, String txid, boolean isOurs) {}

    /// That a transaction was told of as closing a channel.
    public record End(String node, String txid, String channelPoint) {}

    /// An output of a transaction.
    public record Outpoint(String txid, long index) {}

    /// Adds what is not known already.
    public void add(Connection connection, Collection<Spend> spends, Collection<End> ends)
            throws SQLException {
        Columns spending = new Columns("text", "text", "bigint", "text", "boolean");
        spends.forEach(
                one ->
                        spending.add(
                                one.node(),
                                one.prevTxid(),
                                one.prevIndex(),
                                one.txid(),
                                one.isOurs()));
        spending.update(connection, ADD_SPENDS);
        Columns ending = new Columns("text", "text", "text");
        ends.forEach(one -> ending.add(one.node(), one.txid(), one.channelPoint()));
        ending.update(connection, ADD_ENDS);
    }

    /// Transactions that spend, as not the wallet's own, an output of one of the given.
    public SortedSet<String> spenders(Connection connection, String node, Collection<String> txids)
            throws SQLException {
        return texts(connection, SPENDERS, node, txids);
    }

    /// Transactions that spend one of the given outputs.
    public SortedSet<String> spendersOf(
            Connection connection, String node, Collection<Outpoint> outpoints)
            throws SQLException {
        if (outpoints.isEmpty()) {
            return new TreeSet<>();
        }
        Columns columns = new Columns("text", "bigint");
        outpoints.forEach(one -> columns.add(one.txid(), one.index()));
        try (PreparedStatement statement = connection.prepareStatement(RIVALS)) {
            columns.bind(connection, statement, 1);
            statement.setString(3, node);
            return texts(statement);
        }
    }

    /// Channels that one of the given transactions was told of as closing.
    public SortedSet<String> endedBy(Connection connection, String node, Collection<String> txids)
            throws SQLException {
        return texts(connection, ENDED_BY, node, txids);
    }

    /// Short channel ids of a channel, as unsigned numbers.
    public Collection<Long> chanIds(Connection connection, String node, String channelPoint)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ALIASES)) {
            statement.setString(1, node);
            statement.setString(2, channelPoint);
            SortedSet<Long> result = new TreeSet<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(rows.getBigDecimal(1).toBigIntegerExact().longValue());
                }
            }
            return result;
        }
    }

    /// Groups of the channels that have ended, to which one of the accounts belongs.
    public SortedSet<String> watching(Connection connection, Collection<Long> accountIds)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(WATCHING)) {
            statement.setArray(1, connection.createArrayOf("bigint", accountIds.toArray()));
            return texts(statement);
        }
    }

    /// From now on, what is posted to these accounts makes the group dirty.
    public void watch(Connection connection, Collection<Long> accountIds, String group)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ADD_ACCOUNTS)) {
            statement.setString(1, group);
            statement.setArray(2, connection.createArrayOf("bigint", accountIds.toArray()));
            statement.executeUpdate();
        }
    }

    /// What the accounts hold together, debits less credits. Unit: msat.
    public long balance(Connection connection, Collection<Long> accountIds) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(BALANCE)) {
            statement.setArray(1, connection.createArrayOf("bigint", accountIds.toArray()));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBigDecimal(1).longValueExact();
            }
        }
    }

    private static SortedSet<String> texts(
            Connection connection, String sql, String node, Collection<String> some)
            throws SQLException {
        if (some.isEmpty()) {
            return new TreeSet<>();
        }
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, node);
            statement.setArray(2, connection.createArrayOf("text", some.toArray()));
            return texts(statement);
        }
    }

    private static SortedSet<String> texts(PreparedStatement statement) throws SQLException {
        SortedSet<String> result = new TreeSet<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                result.add(rows.getString(1));
            }
        }
        return result;
    }
}
