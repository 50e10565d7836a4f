package tallystick.reconcile;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.random.RandomGenerator;
import javax.sql.DataSource;

/// Gives connections that are cut once, at a random statement or around the commit: the server's process is terminated, as
/// an operator or a failover would do.
final class CuttingDataSource {
    private static final int STATEMENTS = 30;

    private final TestLedger ledger;
    private final RandomGenerator random;
    private int left;
    private int cuts;

    CuttingDataSource(TestLedger ledger, RandomGenerator random) {
        this.ledger = ledger;
        this.random = random;
    }

    /// The next cut comes after so many statements.
    void arm() {
        left = 1 + random.nextInt(STATEMENTS);
    }

    int cuts() {
        return cuts;
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
                                        ? cutting(connection)
                                        : result;
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
    }

    private Connection cutting(Connection connection) {
        return (Connection)
                Proxy.newProxyInstance(
                        Connection.class.getClassLoader(),
                        new Class<?>[] {Connection.class},
                        (_, method, arguments) -> {
                            boolean counts =
                                    method.getName().equals("prepareStatement")
                                            || method.getName().equals("commit");
                            boolean isNow = counts && --left == 0;
                            boolean isAfter = isNow && random.nextBoolean();
                            if (isNow && !isAfter) {
                                cut(connection);
                            }
                            try {
                                Object result = method.invoke(connection, arguments);
                                if (isAfter) {
                                    cut(connection);
                                    if (method.getName().equals("commit")) {
                                        throw new SQLException("answer lost", "08006");
                                    }
                                }
                                return result;
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                        });
    }

    private void cut(Connection connection) throws SQLException {
        cuts++;
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_backend_pid()")) {
            row.next();
            ledger.database()
                    .execute("SELECT pg_terminate_backend(%d, 5000)".formatted(row.getInt(1)));
        }
    }
}
