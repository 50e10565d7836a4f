package tallystick.db.query;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// Postings in their order. Any thread.
public final class TransferReader {
    private static final String PAGE =
            """
            SELECT batch.sequence, transfer.ordinal, COALESCE(item.key_text, ''), transfer.leg, debit.name, credit.name,
                   transfer.amount_msat, COALESCE(counter.key_text, '')
              FROM (SELECT ?::bigint AS sequence, ?::integer AS ordinal, ?::bigint AS last, ?::text AS account) AS wanted
              JOIN ledger.batch ON batch.sequence >= wanted.sequence AND batch.sequence <= wanted.last
              JOIN ledger.transfer USING (batch_id)
              JOIN ledger.account_resolved AS debit ON debit.account_id = transfer.debit_id
              JOIN ledger.account_resolved AS credit ON credit.account_id = transfer.credit_id
              LEFT JOIN ledger.item ON item.item_key = transfer.item_key
              LEFT JOIN ledger.item AS counter ON counter.item_key = transfer.counter_item_key
             WHERE (batch.sequence, transfer.ordinal) > (wanted.sequence, wanted.ordinal)
               AND (wanted.account = '' OR debit.name = wanted.account OR credit.name = wanted.account)
             ORDER BY batch.sequence, transfer.ordinal
             LIMIT ?
            """;

    /// @param after the place of the last one known
    /// @param last ledger sequence of the last batch that is wanted
    /// @param account debited or credited; empty for any
    public List<ItemReader.Transfer> page(
            Connection connection, LedgerPlace after, long last, String account, int limit)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(PAGE)) {
            statement.setLong(1, after.sequence());
            statement.setInt(2, after.ordinal());
            statement.setLong(3, last);
            statement.setString(4, account);
            statement.setInt(5, limit);
            List<ItemReader.Transfer> result = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.add(ItemReader.transfer(row));
                }
            }
            return result;
        }
    }
}
