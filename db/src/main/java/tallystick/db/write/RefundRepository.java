package tallystick.db.write;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// What is to be known about a node, beside its items, to say whether a payment is over.
public final class RefundRepository {
    private static final String POINTS =
            "SELECT chan_id, channel_point FROM ledger.channel_alias WHERE node = ? AND chan_id = ANY (?)";

    /// Of a stream only what every partition number has.
    private static final String READ =
            """
            SELECT stream, max(alias), min(block_height), CASE WHEN count(proven_until) = count(*) THEN min(proven_until) END
              FROM ledger.coverage
             WHERE node = ?
             GROUP BY stream
            HAVING count(*) = (SELECT count(DISTINCT partition_number) FROM ledger.position)
            """;

    /// How far a stream of a node is read.
    ///
    /// @param height block up to which it is; 0 when none is known
    /// @param provenUntil empty while nothing is proven
    public record Read(String alias, int height, Optional<Instant> provenUntil) {
        /// Of a stream that is not read everywhere.
        public static final Read NOTHING = new Read("", 0, Optional.empty());
    }

    /// Channel points by short channel id, as unsigned numbers.
    public Map<Long, String> points(Connection connection, String node, Collection<Long> chanIds)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(POINTS)) {
            statement.setString(1, node);
            statement.setArray(
                    2,
                    connection.createArrayOf(
                            "numeric",
                            chanIds.stream()
                                    .map(id -> new BigDecimal(Long.toUnsignedString(id)))
                                    .toArray()));
            Map<Long, String> result = new TreeMap<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.put(
                            rows.getBigDecimal(1).toBigIntegerExact().longValue(),
                            rows.getString(2));
                }
            }
            return result;
        }
    }

    /// By stream, for example `CHAIN`.
    public Map<String, Read> read(Connection connection, String node) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(READ)) {
            statement.setString(1, node);
            Map<String, Read> result = new TreeMap<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.put(
                            rows.getString(1),
                            new Read(
                                    rows.getString(2),
                                    rows.getInt(3),
                                    Optional.ofNullable(rows.getTimestamp(4))
                                            .map(Timestamp::toInstant)));
                }
            }
            return result;
        }
    }
}
