package tallystick.db.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import tallystick.db.Migrator;

/// A database of its own for each test, cloned from a migrated template on a Postgres that all tests of a JVM share.
public final class TestDatabase implements AutoCloseable {
    private static final AtomicInteger COUNTER = new AtomicInteger();
    private static final String TEMPLATE = "tallystick_template";

    private final String name;

    private TestDatabase(String name) {
        this.name = name;
    }

    /// Migrated to this version's schema.
    public static TestDatabase migrated() {
        return create(" TEMPLATE " + TEMPLATE);
    }

    /// Without any schema.
    public static TestDatabase empty() {
        return create("");
    }

    public DataSource dataSource() {
        return Server.POSTGRES.getDatabase("postgres", name);
    }

    /// Runs statements as the owner.
    public void execute(String sql) {
        run(dataSource(), sql);
    }

    @Override
    public void close() {
        run(Server.POSTGRES.getPostgresDatabase(), "DROP DATABASE " + name + " WITH (FORCE)");
    }

    private static synchronized TestDatabase create(String template) {
        String name = "test_" + COUNTER.incrementAndGet();
        run(Server.POSTGRES.getPostgresDatabase(), "CREATE DATABASE " + name + template);
        return new TestDatabase(name);
    }

    private static void run(DataSource dataSource, String sql) {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /// Started on first use, stopped with the JVM.
    private static final class Server {
        static final EmbeddedPostgres POSTGRES = start();

        private static EmbeddedPostgres start() {
            try {
                EmbeddedPostgres postgres =
                        EmbeddedPostgres.builder()
                                .setServerConfig("fsync", "off")
                                .setServerConfig("max_connections", "60")
                                .start();
                run(postgres.getPostgresDatabase(), "CREATE DATABASE " + TEMPLATE);
                new Migrator(postgres.getDatabase("postgres", TEMPLATE)).migrate();
                return postgres;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
