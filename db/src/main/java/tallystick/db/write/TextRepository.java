package tallystick.db.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// What people wrote, where it stands beside the evidence.
public final class TextRepository {
    private static final String BOOKED_UNDER =
            """
            SELECT DISTINCT item.key_text
              FROM ledger.contribution
              JOIN ledger.item USING (item_key)
             WHERE contribution.order_text = ?
             ORDER BY item.key_text
            """;

    private static final String TOLD =
            """
            SELECT count(*) FROM register.mismatch WHERE item_key = ? AND order_text IS NOT NULL
            """;

    private static final String ARCHIVED =
            """
            SELECT count(*)
              FROM ledger.item_row AS item
              JOIN ledger.evidence_text AS text ON text.batch_id = ANY (item.batch_ids)
             CROSS JOIN LATERAL generate_subscripts(text.numbers, 1) AS n
             WHERE item.item_key = ? AND text.item_keys[n] = item.item_key AND text.texts[n] IS NOT NULL
            """;

    /// How many records of an item whose evidence is archived hold texts.
    public int archived(Connection connection, byte[] itemKey) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ARCHIVED)) {
            statement.setBytes(1, itemKey);
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                return rows.getInt(1);
            }
        }
    }

    /// The items that are booked under an order, by the text of their keys.
    public List<String> bookedUnder(Connection connection, String order) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(BOOKED_UNDER)) {
            statement.setString(1, order);
            List<String> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(rows.getString(1));
                }
            }
            return result;
        }
    }

    /// How many mismatches of an item, past ones too, name its order.
    public long mismatchesWithOrder(Connection connection, byte[] itemKey) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(TOLD)) {
            statement.setBytes(1, itemKey);
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        }
    }
}
