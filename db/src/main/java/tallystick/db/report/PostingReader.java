package tallystick.db.report;

import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tallystick.db.Database;

/// Reads what was posted up to a ledger sequence, and what each account held at the beginning and at the end of business days.
/// Looks at append-only rows alone, but for [#touchedSince]. Any thread.
public final class PostingReader {
    /// Of the postings, which may be more than memory holds.
    private static final int ROWS_AT_ONCE = 2_000;

    /// What was posted and taken back comes to nothing, and is left out by who adds it up: only he knows which accounts are one.
    private static final String POSTINGS =
            """
            SELECT posted.item_key, posted.leg, debit.name, credit.name, posted.msat
              FROM (SELECT transfer.item_key, transfer.leg, transfer.debit_id, transfer.credit_id,
                           sum(transfer.amount_msat) AS msat
                      FROM ledger.batch
                      JOIN ledger.transfer USING (batch_id)
                     WHERE batch.sequence <= ? AND transfer.counter_item_key IS NULL
                     GROUP BY transfer.item_key, transfer.leg, transfer.debit_id, transfer.credit_id) AS posted
              JOIN ledger.account AS debit ON debit.account_id = posted.debit_id
              JOIN ledger.account AS credit ON credit.account_id = posted.credit_id
             ORDER BY posted.item_key, posted.leg COLLATE "C"
            """;

    private static final String BALANCES =
            """
            SELECT COALESCE('node:' || NULLIF(delta.node, '') || ':', '') || delta.place AS account,
                   COALESCE(sum(delta.msat) FILTER (WHERE delta.slot < wanted.first), 0),
                   COALESCE(sum(delta.msat) FILTER (WHERE delta.slot < wanted.ending), 0)
              FROM (SELECT ?::bigint AS sequence, ?::integer AS first, ?::integer AS ending) AS wanted
              JOIN ledger.batch ON batch.sequence <= wanted.sequence
              JOIN ledger.day_delta AS delta USING (batch_id)
             WHERE delta.subject IN ('MOVEMENT', 'ACCOUNT')
             GROUP BY 1
             ORDER BY 1
            """;

    /// A row of this table tells no batch; the note of its coming does.
    private static final String CHANNELS =
            """
            SELECT 'node:' || alias.node || ':scid:' || alias.chan_id, 'node:' || alias.node || ':channel:' || alias.channel_point
              FROM ledger.channel_alias AS alias
             WHERE EXISTS (SELECT FROM ledger.row_change AS change
                             JOIN ledger.batch USING (batch_id)
                            WHERE change.relation = 'ledger.channel_alias' AND batch.sequence <= ?
                              AND position(sha256(record_send(alias)) IN change.added) > 0)
            """;

    private static final String TOUCHED_SINCE =
            """
            SELECT item.item_key
              FROM unnest(?::bytea[]) AS wanted (item_key)
              JOIN ledger.item_row AS item USING (item_key)
             WHERE EXISTS (SELECT FROM ledger.batch WHERE batch_id = ANY (item.batch_ids) AND sequence > ?)
            """;

    /// All that was moved by one leg of an item between two accounts. Unit: msat.
    public record Posting(
            byte[] itemKey, String leg, String debit, String credit, BigInteger msat) {}

    /// What an account of nodes or books held. Unit: msat.
    ///
    /// @param before at the beginning of the first day
    /// @param end at the end of the last day
    public record Balance(String account, BigInteger before, BigInteger end) {}

    /// Takes postings, those of one item one after the other.
    public interface Each {
        void take(Posting posting) throws SQLException;
    }

    /// Everything that was posted up to a ledger sequence, by item and leg; without allocations, which stay on clearing.
    public void postings(Connection connection, long sequence, Each each) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(Database.READER_PLANS);
        }
        try (PreparedStatement statement = connection.prepareStatement(POSTINGS)) {
            statement.setFetchSize(ROWS_AT_ONCE);
            statement.setLong(1, sequence);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    each.take(
                            new Posting(
                                    row.getBytes(1),
                                    row.getString(2),
                                    row.getString(3),
                                    row.getString(4),
                                    row.getBigDecimal(5).toBigIntegerExact()));
                }
            }
        }
    }

    /// What accounts held by the rows that daily reports are made of, clearing apart.
    ///
    /// @param first slot with which the first day begins
    /// @param ending slot with which the day after the last begins
    public List<Balance> balances(Connection connection, long sequence, int first, int ending)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(BALANCES)) {
            statement.setLong(1, sequence);
            statement.setInt(2, first);
            statement.setInt(3, ending);
            List<Balance> result = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.add(
                            new Balance(
                                    row.getString(1),
                                    row.getBigDecimal(2).toBigIntegerExact(),
                                    row.getBigDecimal(3).toBigIntegerExact()));
                }
            }
            return result;
        }
    }

    /// Accounts by a short channel id, and the account by the funding point of the same channel, as it was known at a ledger
    /// sequence: both are one account.
    public Map<String, String> channels(Connection connection, long sequence) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(CHANNELS)) {
            statement.setLong(1, sequence);
            Map<String, String> result = new HashMap<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.put(row.getString(1), row.getString(2));
                }
            }
            return result;
        }
    }

    /// Those of the given items of which something became known, or was posted, after a ledger sequence: their rows tell more
    /// than was known then.
    public List<byte[]> touchedSince(Connection connection, Collection<byte[]> keys, long sequence)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(TOUCHED_SINCE)) {
            statement.setArray(1, connection.createArrayOf("bytea", keys.toArray(byte[][]::new)));
            statement.setLong(2, sequence);
            List<byte[]> result = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.add(row.getBytes(1));
                }
            }
            return result;
        }
    }
}
