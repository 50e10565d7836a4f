package tallystick.db.web;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/// People who may sign in: with a password, or by what an issuer says of them. Any thread.
public final class PersonRepository {
    private static final String ALL =
            "SELECT name, roles, password, issuer, changed_at FROM web.person ORDER BY name COLLATE \"C\"";

    private static final String ONE =
            "SELECT name, roles, password, issuer, changed_at FROM web.person WHERE name = ?";

    private static final String ANY_PASSWORD =
            "SELECT EXISTS (SELECT FROM web.person WHERE password IS NOT NULL)";

    private static final String ADD =
            """
            INSERT INTO web.person (name, roles, password, changed_at) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO NOTHING
            """;

    private static final String CHANGE_PASSWORD =
            "UPDATE web.person SET password = ?, changed_at = ? WHERE name = ? AND password IS NOT NULL";

    private static final String REMOVE = "DELETE FROM web.person WHERE name = ?";

    private static final String NAME_OF =
            "SELECT name FROM web.person WHERE issuer = ? AND subject = ?";

    private static final String BIND =
            """
            INSERT INTO web.person (name, issuer, subject, changed_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
            """;

    /// @param roles none where an issuer says them
    /// @param password its hash, kept out of `toString`; empty where an issuer vouches
    /// @param issuer empty with a password
    public record Row(
            String name,
            List<String> roles,
            Optional<String> password,
            String issuer,
            Instant changedAt) {
        public Row {
            roles = List.copyOf(roles);
        }

        @Override
        public String toString() {
            return "Row[name=%s, roles=%s, password=***, issuer=%s, changedAt=%s]"
                    .formatted(name, roles, issuer, changedAt);
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

    /// False while nobody can sign in with a password.
    public boolean hasAnyPassword(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ANY_PASSWORD);
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

    /// The name of whom an issuer vouches for.
    ///
    /// @param subject what the issuer calls him, for good
    public Optional<String> nameOf(Connection connection, String issuer, String subject)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(NAME_OF)) {
            statement.setString(1, issuer);
            statement.setString(2, subject);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(row.getString(1)) : Optional.empty();
            }
        }
    }

    /// Gives a name to whom an issuer vouches for.
    ///
    /// @return false when somebody has the name already, or he has one
    public boolean bind(
            Connection connection, String name, String issuer, String subject, Instant now)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(BIND)) {
            statement.setString(1, name);
            statement.setString(2, issuer);
            statement.setString(3, subject);
            statement.setTimestamp(4, Timestamp.from(now));
            return statement.executeUpdate() == 1;
        }
    }

    /// @return false when there is none of this name who has a password
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
        Array roles = row.getArray(2);
        return new Row(
                row.getString(1),
                roles == null ? List.of() : List.of((String[]) roles.getArray()),
                Optional.ofNullable(row.getString(3)),
                Objects.requireNonNullElse(row.getString(4), ""),
                row.getTimestamp(5).toInstant());
    }
}
