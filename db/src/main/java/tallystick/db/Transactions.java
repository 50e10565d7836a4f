package tallystick.db;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;

/// The only place that commits. Thread-safe as far as its data source is.
public final class Transactions {
    private final DataSource dataSource;

    public Transactions(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /// Work inside one transaction.
    ///
    /// @param <T> what it gives
    @FunctionalInterface
    public interface Work<T> {
        T apply(Connection connection) throws SQLException;
    }

    /// Runs the work in one transaction, read committed: the ledger's rows are fenced by the locks of their positions.
    public <T> T call(Work<T> work) {
        return call(work, false);
    }

    /// Reads in one snapshot.
    public <T> T read(Work<T> work) {
        return call(work, true);
    }

    /// Reads in one snapshot, and may make temporary tables for that; whatever else it wrote is taken back.
    public <T> T readWithTables(Work<T> work) {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            try {
                return work.apply(connection);
            } finally {
                connection.rollback();
            }
        } catch (SQLException e) {
            throw DatabaseException.of(e);
        }
    }

    /// Reads in one snapshot, for somebody who waits.
    ///
    /// @param limit of each statement; more than 0
    /// @throws DatabaseException that says it was broken off, when one takes longer
    public <T> T read(Duration limit, Work<T> work) {
        return read(
                connection -> {
                    try (Statement statement = connection.createStatement()) {
                        statement.execute(
                                "SET LOCAL statement_timeout = " + Math.max(1, limit.toMillis()));
                    }
                    return work.apply(connection);
                });
    }

    private <T> T call(Work<T> work, boolean readOnly) {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            // A writer's isolation is that of every connection; to set it costs a round trip.
            if (readOnly) {
                connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
                connection.setReadOnly(true);
            }
            try {
                T result = work.apply(connection);
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException | Error failure) {
                rollback(connection, failure);
                throw failure;
            }
        } catch (SQLException e) {
            throw DatabaseException.of(e);
        }
    }

    private static void rollback(Connection connection, Throwable failure) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }
}
