package tallystick.db;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Set;

/// A failure of the database, sorted once by its SQLSTATE.
public final class DatabaseException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// Serialisation failure, deadlock: the same work again may succeed.
    private static final Set<String> CONFLICTS = Set.of("40001", "40P01");

    /// Connection exceptions, lack of resources, shutdown of the server, a server that is a read-only standby by now.
    private static final Set<String> CONNECTION_LOST = Set.of("08", "53", "57P", "25006");

    /// A statement was broken off, by its timeout or by hand.
    private static final String BROKEN_OFF = "57014";

    /// What may be done about it.
    public enum Kind {
        /// Try the same again at once.
        CONFLICT,
        /// The connection is gone or cannot be had: try again later.
        UNAVAILABLE,
        /// Our mistake, or somebody changed the schema.
        FATAL
    }

    private final Kind kind;

    public DatabaseException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public static DatabaseException of(SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        Kind kind = Kind.FATAL;
        if (CONFLICTS.contains(state)) {
            kind = Kind.CONFLICT;
        } else if (isConnectionLost(e, state)) {
            kind = Kind.UNAVAILABLE;
        }
        return new DatabaseException(
                kind, "database: %s (SQLSTATE %s)".formatted(e.getMessage(), state), e);
    }

    /// A pool that has no connection to give may have no SQLSTATE to tell.
    private static boolean isConnectionLost(SQLException e, String state) {
        return e instanceof SQLTransientConnectionException
                || CONNECTION_LOST.stream().anyMatch(state::startsWith);
    }

    public Kind kind() {
        return kind;
    }

    /// True when a statement took longer than its limit.
    public boolean isBrokenOff() {
        return getCause() instanceof SQLException cause && BROKEN_OFF.equals(cause.getSQLState());
    }
}
