package tallystick.db.report;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tallystick.db.report.LedgerReading.ChannelProof;
import tallystick.db.report.LedgerReading.NodeProof;
import tallystick.db.report.LedgerReading.Total;

/// Holds what the nodes say of their balances against the ledger's accounts.
final class ProofReader {
    private static final String BALANCES =
            """
            SELECT DISTINCT ON (node) node, observed_at, channels_local_msat, wallet_msat
              FROM ledger.node_balance
             ORDER BY node, observed_at DESC
            """;

    private static final String CHANNEL_BALANCES =
            """
            SELECT channel_point, capacity_sat, local_sat, remote_sat, we_opened, is_quiet
              FROM ledger.node_channel_balance
             WHERE node = ? AND observed_at = ?
             ORDER BY channel_point COLLATE "C"
            """;

    private static final String ACCOUNTS =
            "SELECT name, balance_msat FROM ledger.account_balance WHERE name LIKE 'node:%'";

    private static final long MSAT_PER_SAT = 1_000;

    private ProofReader() {}

    /// @param aliases by node
    static List<NodeProof> read(Connection connection, Map<String, String> aliases)
            throws SQLException {
        Map<String, Long> accounts = accounts(connection);
        List<NodeProof> result = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(BALANCES);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                String node = row.getString(1);
                result.add(
                        proof(
                                connection,
                                node,
                                aliases.getOrDefault(node, ""),
                                row.getTimestamp(2),
                                row.getLong(3),
                                row.getLong(4),
                                accounts));
            }
        }
        return result;
    }

    private static NodeProof proof(
            Connection connection,
            String node,
            String alias,
            Timestamp observedAt,
            long nodeLocalMsat,
            long nodeWalletMsat,
            Map<String, Long> accounts)
            throws SQLException {
        List<ChannelProof> channels = new ArrayList<>();
        long ledgerLocalMsat = 0;
        boolean allQuiet = true;
        try (PreparedStatement statement = connection.prepareStatement(CHANNEL_BALANCES)) {
            statement.setString(1, node);
            statement.setTimestamp(2, observedAt);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    String point = row.getString(1);
                    long claim = accounts.getOrDefault("node:" + node + ":channel:" + point, 0L);
                    ledgerLocalMsat += localMsat(row, claim);
                    if (row.getBoolean(6)) {
                        channels.add(channelProof(row, point, claim));
                    } else {
                        allQuiet = false;
                    }
                }
            }
        }
        long walletMsat = accounts.getOrDefault("node:" + node + ":wallet", 0L);
        return new NodeProof(
                node,
                alias,
                channels,
                allQuiet ? Optional.of(total(ledgerLocalMsat, nodeLocalMsat)) : Optional.empty(),
                Optional.of(total(walletMsat, nodeWalletMsat)));
    }

    /// The node gives whole satoshis. For the opener the peer's share is rounded down, so the claim lies up to 999 msat
    /// below what the peer does not hold; for the other side its own share is, so the claim lies up to 999 above.
    private static ChannelProof channelProof(ResultSet row, String point, long claim)
            throws SQLException {
        long capacity = row.getLong(2);
        long local = row.getLong(3);
        long remote = row.getLong(4);
        boolean weOpened = row.getBoolean(5);
        long high = weOpened ? (capacity - remote) * MSAT_PER_SAT : local * MSAT_PER_SAT + 999;
        long low = high - 999;
        long residual = claim < low ? claim - low : Math.max(claim - high, 0);
        return new ChannelProof(point, claim, low, high, residual);
    }

    /// What the claim leaves as local balance after commitment fee and anchors, which the opener pays. The node's rounding
    /// of both shares can hide one satoshi in the fee; the figure that rounds to the node's own is the right one.
    private static long localMsat(ResultSet row, long claim) throws SQLException {
        if (!row.getBoolean(5)) {
            return claim;
        }
        long local = row.getLong(3);
        long kept = (row.getLong(2) - local - row.getLong(4)) * MSAT_PER_SAT;
        long candidate = claim - kept;
        return Math.floorDiv(candidate, MSAT_PER_SAT) == local - 1
                ? candidate + MSAT_PER_SAT
                : candidate;
    }

    private static Total total(long ledgerMsat, long nodeMsat) {
        return new Total(ledgerMsat, nodeMsat, ledgerMsat - nodeMsat);
    }

    private static Map<String, Long> accounts(Connection connection) throws SQLException {
        Map<String, Long> result = new TreeMap<>();
        try (PreparedStatement statement = connection.prepareStatement(ACCOUNTS);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                BigDecimal balance = row.getBigDecimal(2);
                result.put(row.getString(1), balance.longValueExact());
            }
        }
        return result;
    }
}
