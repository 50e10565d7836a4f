package tallystick.db.bench;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.sql.DataSource;
import tallystick.db.Transactions;

/// What a benchmark reads of a ledger while it runs and at its end.
public final class LedgerGauges {
    private static final String POSITIONS =
            "SELECT topic, partition_number, next_offset FROM ledger.position";

    private static final String OPEN =
            """
            SELECT code, count(*)
              FROM register.mismatch
             WHERE state = 'OPEN' AND severity <> 'INFORMATION'
             GROUP BY code
            """;

    private static final String SIZE = "SELECT pg_database_size(current_database())";

    private static final String BUFFERS =
            "SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = current_database()";

    private static final String IDENTITY =
            """
            SELECT clearing_msat - items_msat, items_msat - unexplained_msat, trial_balance_msat, unposted_msat
              FROM ledger.identity
            """;

    /// What an auditor who names an item is shown.
    private static final String ITEM =
            """
            SELECT item.key_text, item.state, evidence.record_offset, evidence.bytes
              FROM ledger.item
              JOIN ledger.evidence ON evidence.batch_id = ANY (item.batch_ids) AND evidence.item_key = item.item_key
                                  AND item.item_key BETWEEN evidence.first_key AND evidence.last_key
             WHERE item.item_key = ?
            """;

    private final Transactions transactions;

    public LedgerGauges(DataSource dataSource) {
        this.transactions = new Transactions(dataSource);
    }

    /// How far one topic partition is applied.
    public record Position(String topic, int partition, long nextOffset) {}

    public List<Position> positions() {
        return transactions.read(
                connection -> {
                    List<Position> result = new ArrayList<>();
                    try (PreparedStatement statement = connection.prepareStatement(POSITIONS);
                            ResultSet rows = statement.executeQuery()) {
                        while (rows.next()) {
                            result.add(
                                    new Position(
                                            rows.getString(1), rows.getInt(2), rows.getLong(3)));
                        }
                    }
                    return result;
                });
    }

    /// How many mismatches are open, by code; what is for information only does not count.
    public SortedMap<String, Long> openByCode() {
        return transactions.read(
                connection -> {
                    SortedMap<String, Long> result = new TreeMap<>();
                    try (PreparedStatement statement = connection.prepareStatement(OPEN);
                            ResultSet rows = statement.executeQuery()) {
                        while (rows.next()) {
                            result.put(rows.getString(1), rows.getLong(2));
                        }
                    }
                    return result;
                });
    }

    public long bytes() {
        return transactions.read(connection -> number(connection, SIZE));
    }

    /// Pages touched since the statistics began, in memory or not. Sessions report with a delay of up to a second.
    public long buffers() {
        return transactions.read(connection -> number(connection, BUFFERS));
    }

    /// The differences that must all be zero: clearing to items, items to unexplained ones, debits to credits, transfers to
    /// balances. Unit: msat.
    public List<Long> identity() {
        return transactions.read(
                connection -> {
                    try (PreparedStatement statement = connection.prepareStatement(IDENTITY);
                            ResultSet row = statement.executeQuery()) {
                        row.next();
                        List<Long> result = new ArrayList<>();
                        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                            result.add(row.getBigDecimal(i).longValueExact());
                        }
                        return result;
                    }
                });
    }

    /// Reads an item with its evidence; returns how many records that are.
    public int lookUp(byte[] key) {
        return transactions.read(
                connection -> {
                    try (PreparedStatement statement = connection.prepareStatement(ITEM)) {
                        statement.setBytes(1, key);
                        int found = 0;
                        try (ResultSet rows = statement.executeQuery()) {
                            while (rows.next()) {
                                found += requireNonNull(rows.getBytes(4)).length > 0 ? 1 : 0;
                            }
                        }
                        return found;
                    }
                });
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }
}
