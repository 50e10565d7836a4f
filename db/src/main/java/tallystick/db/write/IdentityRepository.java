package tallystick.db.write;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import tallystick.ledger.NodeId;
import tallystick.ledger.proof.Identities;
import tallystick.ledger.proof.Identities.Report;
import tallystick.ledger.proof.Identities.Statement;

/// Whether the ledger holds together in itself.
public final class IdentityRepository {
    private static final String IDENTITY =
            "SELECT clearing_msat, items_msat, unexplained_msat, trial_balance_msat FROM ledger.identity";

    /// Each account's balance beside all that was ever posted to it; of those that differ, one line a node, and one for the rest. The
    /// same two accounts stand in many transfers, which are added up first.
    private static final String STATEMENTS =
            """
            WITH pair AS MATERIALIZED (
                SELECT one.debit_id, one.credit_id, sum(one.msat) AS msat
                  FROM ledger.transfer_chunk
                  CROSS JOIN LATERAL unnest(debit_ids, credit_ids, amounts_msat) AS one (debit_id, credit_id, msat)
                 GROUP BY one.debit_id, one.credit_id
            ), posted AS MATERIALIZED (
                SELECT side.account_id, sum(side.msat) AS msat
                  FROM pair
                  CROSS JOIN LATERAL (VALUES (debit_id, msat), (credit_id, -msat)) AS side (account_id, msat)
                 GROUP BY side.account_id
            ), held AS MATERIALIZED (
                SELECT account_id, sum(debit_msat - credit_msat) AS msat FROM ledger.balance GROUP BY account_id
            ), line AS (
                SELECT account.name, COALESCE(held.msat, 0) AS held_msat, COALESCE(posted.msat, 0) AS posted_msat,
                       CASE WHEN account.name LIKE 'node:%' THEN split_part(account.name, ':', 2) ELSE '' END AS node
                  FROM posted
                  FULL JOIN held USING (account_id)
                  JOIN ledger.account USING (account_id)
                 WHERE COALESCE(held.msat, 0) <> COALESCE(posted.msat, 0)
            )
            SELECT DISTINCT ON (node) node, sum(abs(held_msat - posted_msat)) OVER (PARTITION BY node), name, held_msat, posted_msat
              FROM line
             ORDER BY node, abs(held_msat - posted_msat) DESC, name COLLATE "C"
            """;

    /// The chain by its hashes alone: what they are made of, `verify` computes. Numbers may be missing where a restoration says so.
    private static final String BROKEN =
            """
            WITH link AS (
                SELECT sequence, batch_id, previous_hash, hash,
                       lag(hash, 1, decode(repeat('00', 32), 'hex')) OVER (ORDER BY sequence) AS hash_before,
                       lag(sequence, 1, 0::bigint) OVER (ORDER BY sequence) AS sequence_before,
                       lead(sequence) OVER (ORDER BY sequence) IS NULL AS is_newest
                  FROM ledger.batch
            )
            SELECT min(sequence)
              FROM (SELECT sequence FROM link
                     WHERE previous_hash <> hash_before
                        OR (sequence <> sequence_before + 1
                            AND NOT EXISTS (SELECT FROM ledger.restoration
                                             WHERE restoration.batch_id = link.batch_id
                                               AND published_sequence = link.sequence - 1
                                               AND restored_sequence = link.sequence_before))
                     UNION ALL
                    SELECT head.sequence FROM ledger.head
                     WHERE head.sequence > 0
                       AND NOT EXISTS (SELECT FROM link WHERE is_newest AND link.sequence = head.sequence
                                                          AND link.hash = head.hash)) AS bad
            """;

    /// The first day after which none has a report. Days are reported on in their order.
    private static final String AWAITED =
            """
            SELECT business_day + 1, time_zone, cut_off_seconds FROM report.issued ORDER BY business_day DESC, edition LIMIT 1
            """;

    private static final String TRANSFERS =
            "SELECT COALESCE(sum(cardinality(amounts_msat)), 0) FROM ledger.transfer_chunk";

    /// Reads all items and all transfers.
    public Identities read(Connection connection) throws SQLException {
        List<Statement> off = statements(connection);
        try (PreparedStatement statement = connection.prepareStatement(IDENTITY);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return new Identities(
                    msat(row.getBigDecimal(1)),
                    msat(row.getBigDecimal(2)),
                    msat(row.getBigDecimal(3)),
                    msat(row.getBigDecimal(4)),
                    off,
                    broken(connection),
                    awaited(connection));
        }
    }

    private static OptionalLong broken(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(BROKEN);
                ResultSet row = statement.executeQuery()) {
            row.next();
            long sequence = row.getLong(1);
            return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(sequence);
        }
    }

    private static Optional<Report> awaited(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(AWAITED);
                ResultSet row = statement.executeQuery()) {
            if (!row.next()) {
                return Optional.empty();
            }
            LocalDate day = row.getObject(1, LocalDate.class);
            Instant end = day.plusDays(1).atStartOfDay(ZoneId.of(row.getString(2))).toInstant();
            return Optional.of(new Report(day, end.plusSeconds(row.getInt(3))));
        }
    }

    /// How many transfers there are: by that it takes longer.
    public long transfers(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(TRANSFERS);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    private static List<Statement> statements(Connection connection) throws SQLException {
        List<Statement> result = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(STATEMENTS);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                String node = row.getString(1);
                result.add(
                        new Statement(
                                node.isEmpty() ? Optional.empty() : Optional.of(new NodeId(node)),
                                msat(row.getBigDecimal(2)),
                                row.getString(3),
                                msat(row.getBigDecimal(4)),
                                msat(row.getBigDecimal(5))));
            }
        }
        return result;
    }

    private static BigInteger msat(BigDecimal value) {
        return value.toBigIntegerExact();
    }
}
