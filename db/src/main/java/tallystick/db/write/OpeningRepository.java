package tallystick.db.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tallystick.ledger.NodeId;

/// The moment from which a ledger counts, and the readings by which its nodes' accounts were opened.
public final class OpeningRepository {
    private static final String MOMENT = "SELECT value FROM ledger.setting WHERE name = 'opening'";

    private static final String FIX =
            "INSERT INTO ledger.setting (name, value) VALUES ('opening', ?)";

    /// Who begins and who fixes the moment wait for each other.
    private static final String LOCK = "SELECT sequence FROM ledger.head FOR UPDATE";

    private static final String IS_BEGUN = "SELECT EXISTS (SELECT FROM ledger.batch)";

    private static final String READ_AT =
            "SELECT observed_at FROM ledger.node_opening WHERE node = ?";

    private static final String ADD =
            "INSERT INTO ledger.node_opening (node, observed_at, batch_id) VALUES (?, ?, ?)";

    /// Of too many the newest: that none of the others could be taken has been seen.
    private static final String READINGS =
            """
            SELECT observed_at
              FROM (SELECT observed_at
                      FROM ledger.node_balance AS reading
                     WHERE node = ?
                       AND observed_at >= ?
                       AND wallet_locked_msat IS NOT NULL
                       AND NOT EXISTS (SELECT FROM ledger.node_channel_balance AS channel
                                        WHERE channel.node = reading.node
                                          AND channel.observed_at = reading.observed_at
                                          AND NOT channel.is_quiet)
                     ORDER BY observed_at DESC
                     LIMIT ?) AS newest
             ORDER BY observed_at
            """;

    /// What was gone when it came, has posted nothing, and may have been in the wallet at a reading.
    private static final String MOVING =
            """
            SELECT transfer.item_key
              FROM ledger.transfer
              JOIN ledger.account ON account.account_id IN (transfer.debit_id, transfer.credit_id)
             WHERE account.name LIKE ?
             UNION
            SELECT item_key
              FROM ledger.item_row
             WHERE kind = 'chain' AND partition_number = ? AND position(decode(?, 'hex') IN node_keys) > 0
            """;

    private static final String ALIASES =
            "SELECT chan_id, channel_point FROM ledger.channel_alias WHERE node = ?";

    private static final String CHANNELS =
            """
            SELECT item_key
              FROM ledger.item_row
             WHERE kind = 'channel' AND partition_number = ? AND position(decode(?, 'hex') IN node_keys) > 0
            """;

    /// From which moment on the ledger counts; empty when all that ever happened does.
    public Optional<Instant> moment(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(MOMENT);
                ResultSet row = statement.executeQuery()) {
            return row.next() ? Optional.of(Instant.parse(row.getString(1))) : Optional.empty();
        }
    }

    /// Until the end of the transaction nobody else fixes it.
    public void lock(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOCK)) {
            statement.execute();
        }
    }

    /// True once the ledger has decided by rules, and so may have applied something.
    public boolean isBegun(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(IS_BEGUN);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getBoolean(1);
        }
    }

    public void fix(Connection connection, Instant moment) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(FIX)) {
            statement.setString(1, moment.toString());
            statement.executeUpdate();
        }
    }

    /// When the node said what its accounts were opened with; empty while they are not.
    public Optional<Instant> readAt(Connection connection, NodeId node) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(READ_AT)) {
            statement.setString(1, node.pubkey());
            return moments(statement).stream().findFirst();
        }
    }

    public void add(Connection connection, NodeId node, Instant readAt, long batchId)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ADD)) {
            statement.setString(1, node.pubkey());
            statement.setObject(2, readAt.atOffset(ZoneOffset.UTC));
            statement.setLong(3, batchId);
            statement.executeUpdate();
        }
    }

    /// Moments of the node's readings from the given one on at which nothing was under way in its channels, the earliest first.
    public List<Instant> readings(Connection connection, NodeId node, Instant from, int limit)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(READINGS)) {
            statement.setString(1, node.pubkey());
            statement.setObject(2, from.atOffset(ZoneOffset.UTC));
            statement.setInt(3, limit);
            return moments(statement);
        }
    }

    private static List<Instant> moments(PreparedStatement statement) throws SQLException {
        List<Instant> result = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                Timestamp at = rows.getTimestamp(1);
                result.add(at.toInstant());
            }
        }
        return result;
    }

    /// Keys of the items that have posted to the node's accounts, and of all transactions of its wallet.
    ///
    /// @param partition in which the transactions lie
    public List<byte[]> moving(Connection connection, NodeId node, int partition)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(MOVING)) {
            statement.setString(1, "node:" + node + ":%");
            statement.setInt(2, partition);
            statement.setString(3, node.pubkey());
            return Keys.read(statement);
        }
    }

    /// Channel points of the node's channels, by short channel id.
    public Map<Long, String> aliases(Connection connection, NodeId node) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ALIASES)) {
            statement.setString(1, node.pubkey());
            Map<Long, String> result = new HashMap<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.put(rows.getBigDecimal(1).longValue(), rows.getString(2));
                }
            }
            return result;
        }
    }

    /// Keys of the items of the node's channels.
    ///
    /// @param partition in which they lie
    public List<byte[]> channels(Connection connection, NodeId node, int partition)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(CHANNELS)) {
            statement.setInt(1, partition);
            statement.setString(2, node.pubkey());
            return Keys.read(statement);
        }
    }
}
