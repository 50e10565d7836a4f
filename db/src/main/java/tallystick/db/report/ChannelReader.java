package tallystick.db.report;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import tallystick.db.Transactions;
import tallystick.db.report.ChannelResults.ChannelResult;
import tallystick.db.report.ChannelResults.NodeChange;
import tallystick.db.report.ChannelResults.State;

/// Reads what channels cost and earned. It reads every transfer, so it is for people who ask, not for each batch.
public final class ChannelReader {
    private static final String CHANNELS =
            """
            SELECT node, channel, state, opened_msat, open_fee_msat, push_in_msat, push_out_msat, received_msat, sent_msat,
                   fees_msat, rebalanced_in_msat, rebalanced_out_msat, forwarded_in_msat, forwarded_out_msat,
                   routing_income_msat, returned_msat, close_cost_msat, balance_msat, limbo_msat, result_msat, begun_msat
              FROM audit.channels
             ORDER BY node COLLATE "C", channel COLLATE "C"
            """;

    private static final String NODES =
            """
            SELECT node, COALESCE((SELECT max(alias) FROM ledger.coverage WHERE coverage.node = change.node), ''),
                   channels_msat, wallet_msat, change_msat, difference_msat, begun_msat
              FROM audit.node_changes AS change
             ORDER BY node COLLATE "C"
            """;

    private static final String SEQUENCE = "SELECT sequence FROM ledger.head";

    private final Transactions transactions;

    public ChannelReader(DataSource dataSource) {
        this.transactions = new Transactions(dataSource);
    }

    public ChannelResults read() {
        return transactions.read(
                connection ->
                        new ChannelResults(
                                sequence(connection), channels(connection), nodes(connection)));
    }

    private static long sequence(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SEQUENCE);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    private static List<ChannelResult> channels(Connection connection) throws SQLException {
        List<ChannelResult> result = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(CHANNELS);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                result.add(channel(row));
            }
        }
        return result;
    }

    private static ChannelResult channel(ResultSet row) throws SQLException {
        return new ChannelResult(
                row.getString(1),
                row.getString(2),
                State.valueOf(row.getString(3)),
                msat(row, 4),
                msat(row, 5),
                msat(row, 6),
                msat(row, 7),
                msat(row, 8),
                msat(row, 9),
                msat(row, 10),
                msat(row, 11),
                msat(row, 12),
                msat(row, 13),
                msat(row, 14),
                msat(row, 15),
                msat(row, 16),
                msat(row, 17),
                msat(row, 18),
                msat(row, 19),
                msat(row, 20),
                msat(row, 21));
    }

    private static List<NodeChange> nodes(Connection connection) throws SQLException {
        List<NodeChange> result = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(NODES);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                result.add(
                        new NodeChange(
                                row.getString(1),
                                row.getString(2),
                                msat(row, 3),
                                msat(row, 4),
                                msat(row, 5),
                                msat(row, 6),
                                msat(row, 7)));
            }
        }
        return result;
    }

    /// A sum in Postgres may have a scale; ours are whole.
    private static long msat(ResultSet row, int column) throws SQLException {
        return row.getBigDecimal(column).longValueExact();
    }
}
