package tallystick.db;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.time.Duration;
import java.util.Locale;
import javax.sql.DataSource;

/// A pool of connections to one ledger's database.
public final class Database implements AutoCloseable {
    /// A worker keeps one while it applies a batch; relay, reports and commands share the rest.
    private static final int CONNECTIONS_MAX = 16;

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    /// One plan for every batch, made once, that looks rows up by index: statistics of a table that grows by thousands of rows a
    /// second are always old, and a plan that suited a small table must not be kept, nor one that scans a large one be made.
    static final String WRITER_PLANS =
            "; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off"
                    + "; SET enable_mergejoin = off";

    /// For a transaction on any connection that adds many rows up, where a writer's would look them up one by one.
    public static final String READER_PLANS =
            "SET LOCAL plan_cache_mode = auto; SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on"
                    + "; SET LOCAL enable_mergejoin = on";

    private final HikariDataSource dataSource;

    private Database(HikariDataSource dataSource) {
        this.dataSource = dataSource;
    }

    /// Connects as the owner, to migrate.
    ///
    /// @throws DatabaseException when it cannot be reached
    public static Database connect(DatabaseSettings settings) {
        return connect(settings, Role.OWNER);
    }

    /// Connects with the settings' user, who takes the given role in every connection. The roles come with the migrations.
    ///
    /// @throws DatabaseException when it cannot be reached, or the user may not take the role
    public static Database connect(DatabaseSettings settings, Role role) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("tallystick");
        config.setJdbcUrl(settings.url());
        config.setUsername(settings.user());
        config.setPassword(settings.password());
        config.setMaximumPoolSize(CONNECTIONS_MAX);
        config.setMinimumIdle(1);
        config.setConnectionInitSql(role.sql() + (role == Role.WRITER ? WRITER_PLANS : ""));
        config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
        config.setConnectionTimeout(CONNECT_TIMEOUT.toMillis());
        config.addDataSourceProperty("ApplicationName", "tallystick");
        if (role == Role.WRITER) {
            // It sends the same statements for each batch: they are parsed once, and not five times
            // first, also after a connection was lost.
            config.addDataSourceProperty("prepareThreshold", "1");
        }
        settings.tls().ifPresent(tls -> tls.properties().forEach(config::addDataSourceProperty));
        try {
            return new Database(new HikariDataSource(config));
        } catch (RuntimeException e) {
            throw new DatabaseException(
                    DatabaseException.Kind.UNAVAILABLE,
                    "database: %s (expected: a Postgres that answers as user %s, role %s): %s"
                            .formatted(
                                    settings.url(),
                                    settings.user(),
                                    role.name().toLowerCase(Locale.ROOT),
                                    rootMessage(e)),
                    e);
        }
    }

    public DataSource dataSource() {
        return dataSource;
    }

    @Override
    public void close() {
        dataSource.close();
    }

    private static String rootMessage(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }
}
