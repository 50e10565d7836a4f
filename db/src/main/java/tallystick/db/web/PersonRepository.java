package tallystick.db.web;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// People who may sign in with a password. Any thread.
public final class PersonRepository {
    private static final String ALL =
            "SELECT name, roles, password, changed_at FROM web.person ORDER BY name COLLATE \"C\"";

    private static final String ONE =
            "SELECT name, roles, password, changed_at FROM web.person WHERE name = ?";

    private static final String ANY = "SELECT EXISTS (SELECT FROM web.person)";

    private static final String ADD =
            """
            INSERT INTO web.person (name, roles, password, changed_at) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING
            """;

    private static final String CHANGE_PASSWORD =
            "UPDATE web.person SET password = ?, changed_at = ? WHERE name = ?";

    private static final String REMOVE = "DELETE FROM web.person WHERE name = ?";

    /// @param password its hash, kept out of `toString`
    public record Row(String name, List<String> roles, String password, Instant changedAt) {
        public Row {
            roles = List.copyOf(roles);
        }

        @Override
        public String toString() {
            return "Row[name=%s, roles=%s, password=***, changedAt=%s]"
                    .formatted(name, roles, changedAt);
        }
    }

    /// In the order of their names.
    public List<Row> all(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ALL);
                ResultSet row = statement.executeQuery()) {
            List<Row> result = new ArrayList<>();
            while (row.next()) {
                result.add(person(row));
            }
            return result;
        }
    }

    public Optional<Row> one(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ONE)) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(person(row)) : Optional.empty();
            }
        }
    }

    /// False while nobody can sign in.
    public boolean hasAny(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ANY);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getBoolean(1);
        }
    }

    /// @return false when there is one of this name already
    public boolean add(
            Connection connection,
            String name,
            Collection<String> roles,
            String password,
            Instant now)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ADD)) {
            statement.setString(1, name);
            statement.setArray(2, connection.createArrayOf("text", roles.toArray()));
            statement.setString(3, password);
            statement.setTimestamp(4, Timestamp.from(now));
            return statement.executeUpdate() == 1;
        }
    }

    /// @return false when there is none of this name
    public boolean changePassword(Connection connection, String name, String password, Instant now)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(CHANGE_PASSWORD)) {
            statement.setString(1, password);
            statement.setTimestamp(2, Timestamp.from(now));
            statement.setString(3, name);
            return statement.executeUpdate() == 1;
        }
    }

    /// @return false when there is none of this name
    public boolean remove(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(REMOVE)) {
            statement.setString(1, name);
            return statement.executeUpdate() == 1;
        }
    }

    private static Row person(ResultSet row) throws SQLException {
        return new Row(
                row.getString(1),
                List.of((String[]) row.getArray(2).getArray()),
                row.getString(3),
                row.getTimestamp(4).toInstant());
    }
}
