package tallystick.db.web;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// Who is signed in. Any thread.
public final class SessionRepository {
    private static final String ADD =
            """
            INSERT INTO web.session (token_digest, person, roles, seen_at, ends_at) VALUES (?, ?, ?, ?, ?)
            """;

    private static final String FIND =
            """
            SELECT person, roles, seen_at FROM web.session WHERE token_digest = ? AND ends_at > ? AND seen_at > ?
            """;

    private static final String SEE = "UPDATE web.session SET seen_at = ? WHERE token_digest = ?";

    private static final String END = "DELETE FROM web.session WHERE token_digest = ?";

    private static final String END_OF_PERSON = "DELETE FROM web.session WHERE person = ?";

    private static final String END_OVER =
            "DELETE FROM web.session WHERE ends_at <= ? OR seen_at <= ?";

    /// @param seenAt when it was last noted that the person is there
    public record Row(String person, List<String> roles, Instant seenAt) {
        public Row {
            roles = List.copyOf(roles);
        }
    }

    /// @param digest SHA-256 of the token
    public void add(
            Connection connection,
            byte[] digest,
            String person,
            Collection<String> roles,
            Instant now,
            Instant end)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ADD)) {
            statement.setBytes(1, digest);
            statement.setString(2, person);
            statement.setArray(3, connection.createArrayOf("text", roles.toArray()));
            statement.setTimestamp(4, Timestamp.from(now));
            statement.setTimestamp(5, Timestamp.from(end));
            statement.executeUpdate();
        }
    }

    /// Empty when there is none, or it is over.
    ///
    /// @param idleSince whoever was last seen then, or earlier, is no longer signed in
    public Optional<Row> find(Connection connection, byte[] digest, Instant now, Instant idleSince)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(FIND)) {
            statement.setBytes(1, digest);
            statement.setTimestamp(2, Timestamp.from(now));
            statement.setTimestamp(3, Timestamp.from(idleSince));
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? Optional.of(
                                new Row(
                                        row.getString(1),
                                        List.of((String[]) row.getArray(2).getArray()),
                                        row.getTimestamp(3).toInstant()))
                        : Optional.empty();
            }
        }
    }

    public void see(Connection connection, byte[] digest, Instant now) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SEE)) {
            statement.setTimestamp(1, Timestamp.from(now));
            statement.setBytes(2, digest);
            statement.executeUpdate();
        }
    }

    public void end(Connection connection, byte[] digest) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(END)) {
            statement.setBytes(1, digest);
            statement.executeUpdate();
        }
    }

    /// @return how many there were
    public int endOf(Connection connection, String person) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(END_OF_PERSON)) {
            statement.setString(1, person);
            return statement.executeUpdate();
        }
    }

    /// Removes those that are over.
    public void endOver(Connection connection, Instant now, Instant idleSince) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(END_OVER)) {
            statement.setTimestamp(1, Timestamp.from(now));
            statement.setTimestamp(2, Timestamp.from(idleSince));
            statement.executeUpdate();
        }
    }
}
