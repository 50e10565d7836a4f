package tallystick.db.web;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;

/// Failed attempts to sign in, so that they can be limited whichever instance they are made at. Any thread.
public final class SignInFailureRepository {
    private static final String COUNT =
            """
            SELECT count(*) FILTER (WHERE name_digest = ?), count(*) FILTER (WHERE address = ?)
              FROM web.sign_in_failure
             WHERE at > ?
            """;

    private static final String ADD =
            "INSERT INTO web.sign_in_failure (name_digest, address, at) VALUES (?, ?, ?)";

    private static final String FORGET = "DELETE FROM web.sign_in_failure WHERE at <= ?";

    /// @param ofName under this name, from anywhere
    /// @param ofAddress from this address, under any name
    public record Count(long ofName, long ofAddress) {}

    /// Failures after a moment.
    public Count count(Connection connection, byte[] nameDigest, String address, Instant after)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(COUNT)) {
            statement.setBytes(1, nameDigest);
            statement.setString(2, address);
            statement.setTimestamp(3, Timestamp.from(after));
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return new Count(row.getLong(1), row.getLong(2));
            }
        }
    }

    public void add(Connection connection, byte[] nameDigest, String address, Instant now)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ADD)) {
            statement.setBytes(1, nameDigest);
            statement.setString(2, address);
            statement.setTimestamp(3, Timestamp.from(now));
            statement.executeUpdate();
        }
    }

    /// Removes those that no longer count.
    public void forget(Connection connection, Instant until) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(FORGET)) {
            statement.setTimestamp(1, Timestamp.from(until));
            statement.executeUpdate();
        }
    }
}
