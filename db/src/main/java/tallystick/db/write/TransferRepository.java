package tallystick.db.write;

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
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

    private static final String ADD =
            """
            COPY ledger.transfer_chunk (batch_id, first_ordinal, first_key, last_key, item_keys, legs, debit_ids, credit_ids,
                                        amounts_msat)
            FROM STDIN (FORMAT binary)
            """;

    private static final int ADD_COLUMNS = 9;

    private static final String ADD_ALLOCATIONS =
            """
            COPY ledger.transfer_chunk (batch_id, first_ordinal, first_key, last_key, item_keys, legs, debit_ids, credit_ids,
                                        amounts_msat, counter_item_keys)
            FROM STDIN (FORMAT binary)
            """;

    private static final int ADD_ALLOCATIONS_COLUMNS = 10;

    /// A posting's elements but for its leg: lengths, the key, two accounts and an amount.
    private static final int ROW_BYTES = 64;

    /// The counter item's key.
    private static final int ALLOCATION_BYTES = ROW_BYTES + 36;

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

    /// Ids of those of the named accounts that there are.
    public Map<String, Long> accountIds(Connection connection, Collection<String> names)
            throws SQLException {
        return read(connection, ACCOUNTS_BY_NAME, "text", names);
    }

    /// Makes the named accounts, as far as nobody else did meanwhile, and returns their ids.
    public Map<String, Long> makeAccounts(Connection connection, Collection<String> names)
            throws SQLException {
        Columns columns = new Columns("text");
        names.forEach(columns::add);
        columns.update(connection, CREATE_ACCOUNTS);
        return read(connection, ACCOUNTS_BY_NAME, "text", names);
    }

    /// Ids and names of the given accounts, by name.
    public Map<String, Long> accountsById(Connection connection, Collection<Long> ids)
            throws SQLException {
        return read(connection, ACCOUNTS_BY_ID, "bigint", ids);
    }

    /// Appends the postings and adds them to the balances. In the order given: rows of one item should be neighbours, and items
    /// in the order of their keys, as the index is.
    public void post(Connection connection, long batchId, Collection<Row> rows)
            throws SQLException {
        try (CopyRows added = new CopyRows(connection, ADD, ADD_COLUMNS)) {
            int ordinal = 0;
            for (List<Row> chunk : Chunks.cut(rows, row -> ROW_BYTES + Chunks.size(row.leg()))) {
                List<byte[]> keys = chunk.stream().map(Row::itemKey).toList();
                begin(added, batchId, ordinal, keys)
                        .addTexts(chunk.stream().map(Row::leg).toList())
                        .addLongs(chunk.stream().mapToLong(Row::debitId).toArray())
                        .addLongs(chunk.stream().mapToLong(Row::creditId).toArray())
                        .addLongs(chunk.stream().mapToLong(Row::amountMsat).toArray());
                ordinal += chunk.size();
            }
            added.end();
        }
        Map<Place, Sums> sums = new HashMap<>();
        for (Row row : rows) {
            at(sums, row.debitId(), row.partition()).debit.add(row.amountMsat());
            at(sums, row.creditId(), row.partition()).credit.add(row.amountMsat());
        }
        addToBalances(connection, sums);
    }

    /// Appends the allocations of the batch, after its postings, and adds them to the balances.
    ///
    /// @param postings how many postings the batch has
    public void allocate(
            Connection connection, long batchId, int postings, Collection<AllocationRow> rows)
            throws SQLException {
        try (CopyRows added = new CopyRows(connection, ADD_ALLOCATIONS, ADD_ALLOCATIONS_COLUMNS)) {
            int ordinal = postings;
            for (List<AllocationRow> chunk :
                    Chunks.cut(rows, row -> ALLOCATION_BYTES + Chunks.size(row.leg()))) {
                List<byte[]> keys = chunk.stream().map(AllocationRow::itemKey).toList();
                long[] clearing = chunk.stream().mapToLong(AllocationRow::clearingId).toArray();
                begin(added, batchId, ordinal, keys)
                        .addTexts(chunk.stream().map(AllocationRow::leg).toList())
                        .addLongs(clearing)
                        .addLongs(clearing)
                        .addLongs(chunk.stream().mapToLong(AllocationRow::amountMsat).toArray())
                        .addBytes(chunk.stream().map(AllocationRow::counterItemKey).toList());
                ordinal += chunk.size();
            }
            added.end();
        }
        Map<Place, Sums> sums = new HashMap<>();
        for (AllocationRow row : rows) {
            at(sums, row.clearingId(), row.partition()).debit.add(row.amountMsat());
            at(sums, row.clearingId(), row.counterPartition()).credit.add(row.amountMsat());
        }
        addToBalances(connection, sums);
    }

    private static CopyRows begin(CopyRows added, long batchId, int ordinal, List<byte[]> keys)
            throws SQLException {
        return added.row()
                .add(batchId)
                .add(ordinal)
                .add(Keys.least(keys))
                .add(Keys.greatest(keys))
                .addBytes(keys);
    }

    private static void addToBalances(Connection connection, Map<Place, Sums> sums)
            throws SQLException {
        Columns balances = new Columns("bigint", "integer", "numeric", "numeric");
        sums.forEach(
                (place, sum) ->
                        balances.add(
                                place.account(),
                                place.partition(),
                                sum.debit.value(),
                                sum.credit.value()));
        balances.update(connection, ADD_TO_BALANCES);
    }

    private static Sums at(Map<Place, Sums> sums, long account, int partition) {
        return sums.computeIfAbsent(new Place(account, partition), _ -> new Sums());
    }

    private record Place(long account, int partition) {}

    private static final class Sums {
        final Sum debit = new Sum();
        final Sum credit = new Sum();
    }

    /// A sum that may pass what a long holds, and seldom does.
    private static final class Sum {
        private BigDecimal large = BigDecimal.ZERO;
        private long small;

        void add(long amount) {
            if (small > Long.MAX_VALUE - amount) {
                large = large.add(BigDecimal.valueOf(small));
                small = 0;
            }
            small += amount;
        }

        BigDecimal value() {
            return large.add(BigDecimal.valueOf(small));
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
