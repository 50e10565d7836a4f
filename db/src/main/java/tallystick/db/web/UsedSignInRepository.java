package tallystick.db.web;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;

/// Sign-ins by an issuer that have come to their end, so that none does twice, at whichever instance. Any thread.
public final class UsedSignInRepository {
    private static final String USE =
            "INSERT INTO web.used_sign_in (state_digest, at) VALUES (?, ?) ON CONFLICT DO NOTHING";

    private static final String FORGET = "DELETE FROM web.used_sign_in WHERE at <= ?";

    /// @param digest SHA-256 of its state
    /// @return false when it was used before
    public boolean use(Connection connection, byte[] digest, Instant now) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(USE)) {
            statement.setBytes(1, digest);
            statement.setTimestamp(2, Timestamp.from(now));
            return statement.executeUpdate() == 1;
        }
    }

    /// Removes those that nobody can use any more.
    public void forget(Connection connection, Instant until) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(FORGET)) {
            statement.setTimestamp(1, Timestamp.from(until));
            statement.executeUpdate();
        }
    }
}
