package tallystick.db.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
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
            """
            SELECT alias.node, alias.channel_point, alias.chan_id
              FROM unnest(?::text[], ?::text[]) AS one (node, channel_point)
              JOIN ledger.channel_alias AS alias ON alias.node = one.node AND alias.channel_point = one.channel_point
            """;

    private static final String ADD_ACCOUNTS =
            """
            INSERT INTO ledger.ended_account (account_id, group_name)
            SELECT * FROM unnest(?::bigint[], ?::text[]) AS one (a, b) ORDER BY a, b
            ON CONFLICT DO NOTHING
            """;

    private static final String BALANCES =
            """
            SELECT account_id, sum(debit_msat - credit_msat) FROM ledger.balance WHERE account_id = ANY (?)
             GROUP BY account_id
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

    /// A channel, as one node has it.
    public record ChannelOf(String node, String channelPoint) {}

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

    /// Short channel ids of channels, as unsigned numbers. A channel without any is left out.
    public Map<ChannelOf, Set<Long>> chanIds(Connection connection, Collection<ChannelOf> channels)
            throws SQLException {
        Columns columns = new Columns("text", "text");
        channels.forEach(one -> columns.add(one.node(), one.channelPoint()));
        Map<ChannelOf, Set<Long>> result = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(ALIASES)) {
            columns.bind(connection, statement, 1);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.computeIfAbsent(
                                    new ChannelOf(rows.getString(1), rows.getString(2)),
                                    _ -> new TreeSet<>())
                            .add(rows.getBigDecimal(3).toBigIntegerExact().longValue());
                }
            }
        }
        return result;
    }

    /// Groups of the channels that have ended, to which one of the accounts belongs.
    public SortedSet<String> watching(Connection connection, Collection<Long> accountIds)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(WATCHING)) {
            statement.setArray(1, connection.createArrayOf("bigint", accountIds.toArray()));
            return texts(statement);
        }
    }

    /// From now on, what is posted to a group's accounts makes the group dirty.
    public void watch(Connection connection, Map<String, ? extends Collection<Long>> accountIds)
            throws SQLException {
        Columns columns = new Columns("bigint", "text");
        accountIds.forEach((group, ids) -> ids.forEach(id -> columns.add(id, group)));
        columns.update(connection, ADD_ACCOUNTS);
    }

    /// What accounts hold, debits less credits, by their ids. One that nothing was posted to is left out. Unit: msat.
    public Map<Long, Long> balances(Connection connection, Collection<Long> accountIds)
            throws SQLException {
        Map<Long, Long> result = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(BALANCES)) {
            statement.setArray(1, connection.createArrayOf("bigint", accountIds.toArray()));
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.put(rows.getLong(1), rows.getBigDecimal(2).longValueExact());
                }
            }
        }
        return result;
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
