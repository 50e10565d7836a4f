package tallystick.db.write;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What nodes say of themselves: the names of their channels, and their balances; and what hangs on there being a node.
public final class NodeRepository {
    private static final String RESTING_ON_COVERAGE =
            """
            SELECT item.item_key
              FROM register.mismatch
              JOIN ledger.item USING (item_key)
             WHERE mismatch.state <> 'CLOSED' AND item.partition_number = ANY (?)
             UNION
            SELECT item_key
              FROM ledger.contribution
             WHERE (group_name LIKE 'match/%' OR group_name LIKE 'amounts/%') AND partition_number = ANY (?)
             ORDER BY item_key
            """;

    private static final String ADD_ALIASES =
            """
            INSERT INTO ledger.channel_alias (node, chan_id, channel_point)
            SELECT * FROM unnest(?::text[], ?::numeric[], ?::text[])
             ORDER BY 1, 2
            ON CONFLICT (node, chan_id) DO NOTHING
            """;

    private static final String ADD_BALANCE =
            """
            INSERT INTO ledger.node_balance (node, observed_at, channels_local_msat, unsettled_incoming_msat,
                                             unsettled_outgoing_msat, wallet_msat, wallet_locked_msat)
            SELECT * FROM unnest(?::text[], ?::timestamptz[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])
            ON CONFLICT (node, observed_at) DO NOTHING
            """;

    private static final String ADD_CHANNEL_BALANCE =
            """
            INSERT INTO ledger.node_channel_balance (node, observed_at, channel_point, capacity_sat, local_sat, remote_sat,
                                                     commit_fee_sat, we_opened, is_quiet, num_updates, pending_htlcs)
            SELECT * FROM unnest(?::text[], ?::timestamptz[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[],
                                 ?::boolean[], ?::boolean[], ?::bigint[], ?::integer[])
            ON CONFLICT (node, observed_at, channel_point) DO NOTHING
            """;

    private static final String FORGET_UNCONFIRMED =
            """
            DELETE FROM ledger.unconfirmed_transaction AS present
             USING unnest(?::text[], ?::text[]) AS gone (node, txid)
             WHERE present.node = gone.node AND present.txid = gone.txid
            """;

    private static final String NOTE_UNCONFIRMED =
            """
            INSERT INTO ledger.unconfirmed_transaction (node, txid, change_msat, inputs_msat, outpoints)
            SELECT node, txid, change_msat, inputs_msat, string_to_array(outpoints, ',')
              FROM unnest(?::text[], ?::text[], ?::bigint[], ?::bigint[], ?::text[])
                   AS one (node, txid, change_msat, inputs_msat, outpoints)
             ORDER BY node, txid
            ON CONFLICT (node, txid) DO UPDATE
               SET change_msat = EXCLUDED.change_msat, inputs_msat = EXCLUDED.inputs_msat, outpoints = EXCLUDED.outpoints
            """;

    /// A transaction of a wallet, as it was told last.
    ///
    /// @param isUnconfirmed it is neither in the chain nor gone
    /// @param inputsMsat what it spends, known where all of it is the wallet's; else 0
    public record Transaction(
            String node,
            String txid,
            boolean isUnconfirmed,
            long changeMsat,
            long inputsMsat,
            List<String> outpoints) {
        public Transaction {
            outpoints = List.copyOf(outpoints);
        }
    }

    /// A short channel id of a channel.
    public record Alias(String node, long chanId, String channelPoint) {}

    /// One snapshot.
    public record Balance(
            String node,
            Instant observedAt,
            long channelsLocalMsat,
            long unsettledIncomingMsat,
            long unsettledOutgoingMsat,
            long walletMsat,
            long walletLockedMsat,
            List<ChannelBalance> channels) {
        public Balance {
            channels = List.copyOf(channels);
        }
    }

    /// One channel of a snapshot.
    public record ChannelBalance(
            String channelPoint,
            long capacitySat,
            long localSat,
            long remoteSat,
            long commitFeeSat,
            boolean weOpened,
            boolean isQuiet,
            long numUpdates,
            int pendingHtlcs) {}

    public void addAliases(Connection connection, Collection<Alias> aliases) throws SQLException {
        Columns columns = new Columns("text", "numeric", "text");
        for (Alias alias : aliases) {
            columns.add(
                    alias.node(),
                    new BigDecimal(Long.toUnsignedString(alias.chanId())),
                    alias.channelPoint());
        }
        columns.update(connection, ADD_ALIASES);
    }

    public void addBalances(Connection connection, Collection<Balance> balances)
            throws SQLException {
        Columns nodes =
                new Columns(
                        "text", "timestamptz", "bigint", "bigint", "bigint", "bigint", "bigint");
        Columns channels =
                new Columns(
                        "text",
                        "timestamptz",
                        "text",
                        "bigint",
                        "bigint",
                        "bigint",
                        "bigint",
                        "boolean",
                        "boolean",
                        "bigint",
                        "integer");
        for (Balance balance : balances) {
            nodes.add(
                    balance.node(),
                    balance.observedAt(),
                    balance.channelsLocalMsat(),
                    balance.unsettledIncomingMsat(),
                    balance.unsettledOutgoingMsat(),
                    balance.walletMsat(),
                    balance.walletLockedMsat());
            for (ChannelBalance channel : balance.channels()) {
                channels.add(
                        balance.node(),
                        balance.observedAt(),
                        channel.channelPoint(),
                        channel.capacitySat(),
                        channel.localSat(),
                        channel.remoteSat(),
                        channel.commitFeeSat(),
                        channel.weOpened(),
                        channel.isQuiet(),
                        channel.numUpdates(),
                        channel.pendingHtlcs());
            }
        }
        nodes.update(connection, ADD_BALANCE);
        channels.update(connection, ADD_CHANNEL_BALANCE);
    }

    /// Keeps which transactions are unconfirmed; of those told several times the last counts.
    public void noteTransactions(Connection connection, Collection<Transaction> transactions)
            throws SQLException {
        Map<List<String>, Transaction> last = new LinkedHashMap<>();
        transactions.forEach(one -> last.put(List.of(one.node(), one.txid()), one));
        Columns gone = new Columns("text", "text");
        Columns unconfirmed = new Columns("text", "text", "bigint", "bigint", "text");
        for (Transaction one : last.values()) {
            if (one.isUnconfirmed()) {
                unconfirmed.add(
                        one.node(),
                        one.txid(),
                        one.changeMsat(),
                        one.inputsMsat(),
                        String.join(",", one.outpoints()));
            } else {
                gone.add(one.node(), one.txid());
            }
        }
        gone.update(connection, FORGET_UNCONFIRMED);
        unconfirmed.update(connection, NOTE_UNCONFIRMED);
    }

    /// Keys of items that stand as they do because all nodes are read far enough: those of which a mismatch stands, however
    /// people decided about it, and those that speak to groups of matching, where they may agree.
    public List<byte[]> restingOnCoverage(Connection connection, Collection<Integer> partitions)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(RESTING_ON_COVERAGE)) {
            statement.setArray(1, connection.createArrayOf("integer", partitions.toArray()));
            statement.setArray(2, connection.createArrayOf("integer", partitions.toArray()));
            return Keys.read(statement);
        }
    }
}
