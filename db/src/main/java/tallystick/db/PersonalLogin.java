package tallystick.db;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.postgresql.ds.PGSimpleDataSource;

/// Proof that somebody is who they say: they sign in at the database with a login of their own.
public final class PersonalLogin {
    private static final String WHO =
            """
            SELECT session_user, pg_has_role(session_user, 'tallystick_person', 'MEMBER') AND NOT rolsuper
              FROM pg_roles
             WHERE rolname = session_user
            """;

    private PersonalLogin() {}

    /// Signs in once, and returns the person's name, which is that of the login.
    ///
    /// @param settings with the person's own name and password
    /// @throws DatabaseException when the database refuses the login, or it is nobody's own: a superuser's, or one outside the
    ///     role `tallystick_person`
    public static String signIn(DatabaseSettings settings) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(settings.url());
        source.setUser(settings.user());
        source.setPassword(settings.password());
        try {
            if (settings.tls().isPresent()) {
                for (var property : settings.tls().get().properties().entrySet()) {
                    source.setProperty(property.getKey(), property.getValue());
                }
            }
            try (Connection connection = source.getConnection();
                    Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery(WHO)) {
                row.next();
                if (!row.getBoolean(2)) {
                    throw new DatabaseException(
                            DatabaseException.Kind.FATAL,
                            "login: %s (expected: one in the role tallystick_person, and no superuser's)"
                                    .formatted(settings.user()),
                            new SQLException("not a person's login"));
                }
                return row.getString(1);
            }
        } catch (SQLException e) {
            throw new DatabaseException(
                    DatabaseException.of(e).kind(),
                    "login: %s (expected: a login of the database, with its password): %s"
                            .formatted(settings.user(), e.getMessage()),
                    e);
        }
    }
}
