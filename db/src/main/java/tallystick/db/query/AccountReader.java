package tallystick.db.query;

import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Accounts and what they hold. Any thread.
public final class AccountReader {
    private static final String PAGE =
            """
            SELECT name, debit_msat, credit_msat, balance_msat
              FROM ledger.account_balance
             WHERE name COLLATE "C" > ? AND starts_with(name, ?)
             ORDER BY name COLLATE "C"
             LIMIT ?
            """;

    private static final String EXISTS =
            "SELECT EXISTS (SELECT FROM ledger.account_resolved WHERE name = ?)";

    /// One look at all of them: their names take longest.
    private static final String LISTED =
            """
            WITH named AS MATERIALIZED (
                SELECT resolved.name COLLATE "C" AS name, sum(debit_msat) AS debit_msat, sum(credit_msat) AS credit_msat
                  FROM ledger.balance
                  JOIN ledger.account_resolved AS resolved USING (account_id)
                 GROUP BY 1
            )
            SELECT total.*, page.*
              FROM (SELECT count(*), COALESCE(sum(debit_msat), 0), COALESCE(sum(credit_msat), 0)
                      FROM named
                     WHERE starts_with(name, ?)) AS total
              LEFT JOIN (SELECT * FROM named WHERE name > ? AND starts_with(name, ?) ORDER BY name LIMIT ?) AS page ON true
             ORDER BY name
            """;

    /// By the rows that daily reports are made of. They leave clearing out: it holds what all other accounts leave.
    private static final String HELD =
            """
            held AS (
                SELECT COALESCE('node:' || NULLIF(delta.node, '') || ':', '') || delta.place AS name, sum(delta.msat) AS msat
                  FROM (SELECT ?::bigint AS sequence, ?::integer AS ending) AS wanted
                  JOIN ledger.batch ON batch.sequence <= wanted.sequence
                  JOIN ledger.day_delta AS delta USING (batch_id)
                 WHERE delta.subject IN ('MOVEMENT', 'ACCOUNT') AND delta.slot < wanted.ending
                 GROUP BY 1
            )
            """;

    private static final String BALANCE =
            "WITH "
                    + HELD
                    + """
            SELECT CASE WHEN wanted.account = 'clearing' THEN -COALESCE((SELECT sum(msat) FROM held), 0)
                        ELSE COALESCE((SELECT sum(held.msat)
                                         FROM ledger.account_resolved AS resolved
                                         JOIN ledger.account USING (account_id)
                                         JOIN held ON held.name = account.name
                                        WHERE resolved.name = wanted.account), 0) END
              FROM (SELECT ?::text AS account) AS wanted
            """;

    private static final String BALANCES =
            "WITH "
                    + HELD
                    + """
            SELECT 'clearing', -COALESCE(sum(msat), 0) FROM held
             UNION ALL
            SELECT resolved.name, sum(held.msat)
              FROM held
              JOIN ledger.account ON account.name = held.name
              JOIN ledger.account_resolved AS resolved USING (account_id)
             GROUP BY resolved.name
            """;

    /// All that was debited and credited, and the first less the second. Unit: msat.
    public record Balance(String name, BigInteger debit, BigInteger credit, BigInteger balance) {}

    /// In the order of their names.
    ///
    /// @param after the last name known; empty for the first page
    /// @param prefix empty for all
    public List<Balance> page(Connection connection, String after, String prefix, int limit)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(PAGE)) {
            statement.setString(1, after);
            statement.setString(2, prefix);
            statement.setInt(3, limit);
            List<Balance> result = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.add(
                            new Balance(
                                    row.getString(1),
                                    row.getBigDecimal(2).toBigIntegerExact(),
                                    row.getBigDecimal(3).toBigIntegerExact(),
                                    row.getBigDecimal(4).toBigIntegerExact()));
                }
            }
            return result;
        }
    }

    /// Debits less credits of one account; empty when there is none of this name.
    ///
    /// @param sequence as known then
    /// @param ending the slot before which it happened
    public Optional<BigInteger> balance(
            Connection connection, String account, long sequence, int ending) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(EXISTS)) {
            statement.setString(1, account);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                if (!row.getBoolean(1)) {
                    return Optional.empty();
                }
            }
        }
        try (PreparedStatement statement = connection.prepareStatement(BALANCE)) {
            statement.setLong(1, sequence);
            statement.setInt(2, ending);
            statement.setString(3, account);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return Optional.of(row.getBigDecimal(1).toBigIntegerExact());
            }
        }
    }

    /// Debits less credits of every account that anything was posted to. Unit: msat.
    ///
    /// @param sequence as known then
    /// @param ending the slot before which it happened
    public Map<String, BigInteger> balances(Connection connection, long sequence, int ending)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(BALANCES)) {
            statement.setLong(1, sequence);
            statement.setInt(2, ending);
            Map<String, BigInteger> result = new HashMap<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.put(row.getString(1), row.getBigDecimal(2).toBigIntegerExact());
                }
            }
            return result;
        }
    }

    /// How many accounts there are, and what all of them come to. Unit: msat.
    public record Total(long count, BigInteger debit, BigInteger credit, BigInteger balance) {}

    /// A part of the list.
    ///
    /// @param total of all parts
    public record Listed(List<Balance> page, Total total) {
        public Listed {
            page = List.copyOf(page);
        }
    }

    /// In the order of their names, with what all come to.
    ///
    /// @param after the last name known; empty for the first page
    /// @param prefix empty for all
    public Listed list(Connection connection, String after, String prefix, int limit)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LISTED)) {
            statement.setString(1, prefix);
            statement.setString(2, after);
            statement.setString(3, prefix);
            statement.setInt(4, limit);
            Total total = new Total(0, BigInteger.ZERO, BigInteger.ZERO, BigInteger.ZERO);
            List<Balance> page = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    BigInteger debit = row.getBigDecimal(2).toBigIntegerExact();
                    BigInteger credit = row.getBigDecimal(3).toBigIntegerExact();
                    total = new Total(row.getLong(1), debit, credit, debit.subtract(credit));
                    String name = row.getString(4);
                    if (name != null) {
                        BigInteger debits = row.getBigDecimal(5).toBigIntegerExact();
                        BigInteger credits = row.getBigDecimal(6).toBigIntegerExact();
                        page.add(new Balance(name, debits, credits, debits.subtract(credits)));
                    }
                }
            }
            return new Listed(page, total);
        }
    }
}
