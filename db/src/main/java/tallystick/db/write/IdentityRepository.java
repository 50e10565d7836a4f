package tallystick.db.write;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tallystick.ledger.NodeId;
import tallystick.ledger.proof.Identities;
import tallystick.ledger.proof.Identities.Statement;

/// Whether the ledger holds together in itself.
public final class IdentityRepository {
    private static final String IDENTITY =
            "SELECT clearing_msat, items_msat, unexplained_msat, trial_balance_msat FROM ledger.identity";

    /// Each account's balance beside all that was ever posted to it; of those that differ, one line a node, and one for the rest.
    private static final String STATEMENTS =
            """
            WITH posted AS MATERIALIZED (
                SELECT side.account_id, sum(side.msat) AS msat
                  FROM ledger.transfer_chunk
                  CROSS JOIN LATERAL unnest(debit_ids, credit_ids, amounts_msat) AS one (debit_id, credit_id, msat)
                  CROSS JOIN LATERAL (VALUES (one.debit_id, one.msat), (one.credit_id, -one.msat)) AS side (account_id, msat)
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
                    off);
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
