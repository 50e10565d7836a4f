package tallystick.db.write;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;

/// Accounts, transfers and the balances that they add up to.
public final class TransferRepository {
    private static final String CREATE_ACCOUNTS =
            """
            INSERT INTO ledger.account (name)
            SELECT name FROM unnest(?::text[]) AS name ORDER BY name -- one lock order for all writers
            ON CONFLICT (name) DO NOTHING
            """;

    private static final String ACCOUNTS_BY_NAME =
            "SELECT account_id, name FROM ledger.account WHERE name = ANY (?)";

    private static final String ACCOUNTS_BY_ID =
            "SELECT account_id, name FROM ledger.account WHERE account_id = ANY (?)";

    private static final String INSERT =
            """
            INSERT INTO ledger.transfer (batch_id, ordinal, item_key, leg, debit_id, credit_id, amount_msat)
            SELECT * FROM unnest(?::bigint[], ?::integer[], ?::bytea[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[])
            """;

    private static final String INSERT_ALLOCATIONS =
            """
            INSERT INTO ledger.transfer (batch_id, ordinal, item_key, leg, debit_id, credit_id, amount_msat, counter_item_key)
            SELECT * FROM unnest(?::bigint[], ?::integer[], ?::bytea[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[],
                                 ?::bytea[])
            """;

    private static final String ADD_TO_BALANCES =
            """
            INSERT INTO ledger.balance (account_id, partition_number, debit_msat, credit_msat)
            SELECT account_id, partition_number, debit_msat, credit_msat
              FROM unnest(?::bigint[], ?::integer[], ?::numeric[], ?::numeric[])
                   AS one (account_id, partition_number, debit_msat, credit_msat)
             ORDER BY account_id, partition_number -- one lock order for all writers
            ON CONFLICT (account_id, partition_number) DO UPDATE
               SET debit_msat = balance.debit_msat + EXCLUDED.debit_msat,
                   credit_msat = balance.credit_msat + EXCLUDED.credit_msat
            """;

    /// One posting of an item.
    public record Row(
            byte[] itemKey,
            int partition,
            String leg,
            long debitId,
            long creditId,
            long amountMsat) {}

    /// Residue moved from one item to another: clearing on both sides.
    ///
    /// @param itemKey whose residue becomes less
    /// @param counterItemKey whose residue becomes more
    public record AllocationRow(
            byte[] itemKey,
            int partition,
            byte[] counterItemKey,
            int counterPartition,
            String leg,
            long clearingId,
            long amountMsat) {}

    /// Ids of the named accounts; those that are new are made.
    public Map<String, Long> accountIds(Connection connection, Collection<String> names)
            throws SQLException {
        Map<String, Long> result = read(connection, ACCOUNTS_BY_NAME, "text", names);
        if (result.size() < names.size()) {
            Columns columns = new Columns("text");
            names.stream().filter(name -> !result.containsKey(name)).forEach(columns::add);
            columns.update(connection, CREATE_ACCOUNTS);
            return read(connection, ACCOUNTS_BY_NAME, "text", names);
        }
        return result;
    }

    /// Ids and names of the given accounts, by name.
    public Map<String, Long> accountsById(Connection connection, Collection<Long> ids)
            throws SQLException {
        return read(connection, ACCOUNTS_BY_ID, "bigint", ids);
    }

    /// Appends the postings and adds them to the balances.
    public void post(Connection connection, long batchId, Collection<Row> rows)
            throws SQLException {
        Columns columns =
                new Columns("bigint", "integer", "bytea", "text", "bigint", "bigint", "bigint");
        Map<Long, Map<Integer, Sums>> sums = new TreeMap<>();
        for (Row row : rows) {
            columns.add(
                    batchId,
                    columns.size(),
                    row.itemKey(),
                    row.leg(),
                    row.debitId(),
                    row.creditId(),
                    row.amountMsat());
            debit(sums, row.debitId(), row.partition(), row.amountMsat());
            credit(sums, row.creditId(), row.partition(), row.amountMsat());
        }
        columns.update(connection, INSERT);
        addToBalances(connection, sums);
    }

    /// Appends the allocations of the batch, after its postings, and adds them to the balances.
    ///
    /// @param postings how many postings the batch has
    public void allocate(
            Connection connection, long batchId, int postings, Collection<AllocationRow> rows)
            throws SQLException {
        Columns columns =
                new Columns(
                        "bigint", "integer", "bytea", "text", "bigint", "bigint", "bigint",
                        "bytea");
        Map<Long, Map<Integer, Sums>> sums = new TreeMap<>();
        for (AllocationRow row : rows) {
            columns.add(
                    batchId,
                    postings + columns.size(),
                    row.itemKey(),
                    row.leg(),
                    row.clearingId(),
                    row.clearingId(),
                    row.amountMsat(),
                    row.counterItemKey());
            debit(sums, row.clearingId(), row.partition(), row.amountMsat());
            credit(sums, row.clearingId(), row.counterPartition(), row.amountMsat());
        }
        columns.update(connection, INSERT_ALLOCATIONS);
        addToBalances(connection, sums);
    }

    private static void debit(
            Map<Long, Map<Integer, Sums>> sums, long account, int partition, long msat) {
        sums.computeIfAbsent(account, id -> new TreeMap<>())
                .merge(partition, new Sums(BigDecimal.valueOf(msat), BigDecimal.ZERO), Sums::plus);
    }

    private static void credit(
            Map<Long, Map<Integer, Sums>> sums, long account, int partition, long msat) {
        sums.computeIfAbsent(account, id -> new TreeMap<>())
                .merge(partition, new Sums(BigDecimal.ZERO, BigDecimal.valueOf(msat)), Sums::plus);
    }

    private static void addToBalances(Connection connection, Map<Long, Map<Integer, Sums>> sums)
            throws SQLException {
        Columns balances = new Columns("bigint", "integer", "numeric", "numeric");
        sums.forEach(
                (account, byPartition) ->
                        byPartition.forEach(
                                (partition, sum) ->
                                        balances.add(
                                                account, partition, sum.debit(), sum.credit())));
        balances.update(connection, ADD_TO_BALANCES);
    }

    private record Sums(BigDecimal debit, BigDecimal credit) {
        Sums plus(Sums other) {
            return new Sums(debit.add(other.debit), credit.add(other.credit));
        }
    }

    private static Map<String, Long> read(
            Connection connection, String sql, String type, Collection<?> wanted)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setArray(1, connection.createArrayOf(type, wanted.toArray()));
            Map<String, Long> result = new TreeMap<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.put(rows.getString(2), rows.getLong(1));
                }
            }
            return result;
        }
    }
}
