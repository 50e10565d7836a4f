package tallystick.reconcile;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.random.RandomGenerator;
import javax.sql.DataSource;

/// Gives connections that fail once, before or after some statement or the commit. Either the server's process is terminated,
/// as an operator or a failover would do, or the worker itself halts there and never comes back.
final class Faults {
    private static final int STATEMENTS = 30;

    private final TestLedger ledger;
    private final RandomGenerator random;
    private int left;
    private boolean waitsForCommit;
    private boolean halts;
    private int cuts;
    private int halted;

    Faults(TestLedger ledger, RandomGenerator random) {
        this.ledger = ledger;
        this.random = random;
    }

    /// The end of a worker, wherever it was. Nothing catches it, as nothing would run.
    static final class Halt extends Error {
        private static final long serialVersionUID = 1L;

        Halt() {
            super("halted", null, false, false);
        }
    }

    /// The next fault comes after so many statements, or with the next commit: there most can go wrong.
    void arm() {
        waitsForCommit = random.nextInt(3) == 0;
        left = waitsForCommit ? 1 : 1 + random.nextInt(STATEMENTS);
        halts = random.nextInt(3) == 0;
    }

    void disarm() {
        left = 0;
    }

    int cuts() {
        return cuts;
    }

    int halts() {
        return halted;
    }

    DataSource dataSource() {
        return (DataSource)
                Proxy.newProxyInstance(
                        DataSource.class.getClassLoader(),
                        new Class<?>[] {DataSource.class},
                        (_, method, arguments) -> {
                            try {
                                Object result = method.invoke(ledger.dataSource(), arguments);
                                return result instanceof Connection connection
                                        ? failing(connection)
                                        : result;
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
    }

    private Connection failing(Connection connection) {
        return (Connection)
                Proxy.newProxyInstance(
                        Connection.class.getClassLoader(),
                        new Class<?>[] {Connection.class},
                        (_, method, arguments) -> {
                            boolean isCommit = method.getName().equals("commit");
                            boolean counts =
                                    isCommit
                                            || (!waitsForCommit
                                                    && method.getName().equals("prepareStatement"));
                            boolean isNow = counts && left > 0 && --left == 0;
                            boolean isAfter = isNow && random.nextBoolean();
                            if (isNow && !isAfter) {
                                fail(connection);
                            }
                            try {
                                Object result = method.invoke(connection, arguments);
                                if (isAfter) {
                                    fail(connection);
                                    if (isCommit) {
                                        throw new SQLException("answer lost", "08006");
                                    }
                                }
                                return result;
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
    }

    private void fail(Connection connection) throws SQLException {
        if (halts) {
            halted++;
            throw new Halt();
        }
        cuts++;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
            row.next();
            ledger.terminate(row.getInt(1));
        }
    }
}
