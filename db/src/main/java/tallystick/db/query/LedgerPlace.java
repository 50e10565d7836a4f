package tallystick.db.query;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/// A place in the order of everything that the ledger did.
///
/// @param sequence number of a batch; 0 before the first
/// @param ordinal place within the batch, from 0
public record LedgerPlace(long sequence, int ordinal) {
    private static final String HEAD = "SELECT sequence FROM ledger.head";

    /// After everything that is there now.
    public static LedgerPlace now(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(HEAD);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return new LedgerPlace(row.getLong(1), Integer.MAX_VALUE);
        }
    }
}
