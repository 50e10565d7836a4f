package tallystick.db.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import tallystick.db.Database;
import tallystick.db.DatabaseSettings;
import tallystick.db.Migrator;
import tallystick.db.Role;

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

    /// As it stands now. Nobody may be connected to this one.
    public TestDatabase copy() {
        return create(" TEMPLATE " + name);
    }

    public DataSource dataSource() {
        return Server.POSTGRES.getDatabase("postgres", name);
    }

    /// Connects as a part of the program does.
    public Database connect(Role role) {
        return Database.connect(settings("postgres"), role);
    }

    /// How the given user would connect. The server of the tests trusts every user that it knows.
    public DatabaseSettings settings(String user) {
        String url = Server.POSTGRES.getJdbcUrl("postgres", name);
        return new DatabaseSettings(url.substring(0, url.indexOf('?')), user, "");
    }

    /// Gives this database to a new user who may make roles but is no superuser, and returns the user's name.
    public String ownedByAnOrdinaryUser() {
        String owner = "owner_of_" + name;
        execute("CREATE ROLE " + owner + " LOGIN CREATEROLE");
        for (String role : new String[] {"writer", "server", "auditor", "archivist", "person"}) {
            // As if that user had made them: roles belong to the cluster, and other tests'
            // databases have them already.
            execute("GRANT tallystick_" + role + " TO " + owner + " WITH ADMIN OPTION, SET FALSE");
        }
        execute("ALTER DATABASE " + name + " OWNER TO " + owner);
        execute("ALTER SCHEMA public OWNER TO " + owner);
        return owner;
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
        /// Where Linux keeps files in memory.
        private static final Path MEMORY = Path.of("/dev/shm");

        private static final String PREFIX = "tallystick-test-";
        private static final long SPACE = 4L << 30;

        static final EmbeddedPostgres POSTGRES = start();

        private static EmbeddedPostgres start() {
            try {
                EmbeddedPostgres.Builder builder =
                        EmbeddedPostgres.builder()
                                .setServerConfig("fsync", "off")
                                .setServerConfig("synchronous_commit", "off")
                                .setServerConfig("full_page_writes", "off")
                                .setServerConfig("max_connections", "60");
                if (hasMemory()) {
                    // A database is some hundred files, which come and go with each test: on a disk
                    // that is a tenth of the work.
                    removeLeftOver();
                    builder.setDataDirectory(
                            MEMORY.resolve(PREFIX + ProcessHandle.current().pid()));
                }
                EmbeddedPostgres postgres = builder.start();
                run(postgres.getPostgresDatabase(), "CREATE DATABASE " + TEMPLATE);
                new Migrator(postgres.getDatabase("postgres", TEMPLATE)).migrate();
                return postgres;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static boolean hasMemory() throws IOException {
            return Files.isWritable(MEMORY) && Files.getFileStore(MEMORY).getUsableSpace() >= SPACE;
        }

        /// Of a JVM that was killed, perhaps with the number that this one has now.
        private static void removeLeftOver() throws IOException {
            try (DirectoryStream<Path> left = Files.newDirectoryStream(MEMORY, PREFIX + "[0-9]*")) {
                for (Path one : left) {
                    long pid =
                            Long.parseLong(one.getFileName().toString().substring(PREFIX.length()));
                    if (pid == ProcessHandle.current().pid() || ProcessHandle.of(pid).isEmpty()) {
                        remove(one.toFile());
                    }
                }
            }
        }

        /// As far as it is there: another JVM may be at it, too.
        private static void remove(File file) {
            File[] inside = file.listFiles();
            if (inside != null) {
                for (File one : inside) {
                    remove(one);
                }
            }
            var _ = file.delete();
        }
    }
}
