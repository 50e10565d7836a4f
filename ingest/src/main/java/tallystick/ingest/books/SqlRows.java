package tallystick.ingest.books;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.ingest.ErrorCode;

/// Rows of a Postgres that is not ours, which is treated gently: a read-only transaction, which cannot lock rows, a limit on
/// each statement and on each lock that it would wait for, rows fetched page by page.
final class SqlRows implements RowSource {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    /// When neither an answer nor the end of the statement comes, the connection is dead.
    private static final Duration SILENCE_AFTER_TIMEOUT = Duration.ofSeconds(30);

    private static final Logger LOG = LoggerFactory.getLogger(SqlRows.class);

    private final PullConfig config;
    private final AtomicReference<@Nullable Statement> running = new AtomicReference<>();

    SqlRows(PullConfig config) {
        this.config = config;
    }

    @Override
    public Reading open() {
        String sql = query();
        try {
            Connection connection = connect();
            try {
                prepareSession(connection);
                return new SqlReading(connection, sql);
            } catch (SQLException | RuntimeException e) {
                closeAfter(connection, e);
                throw e;
            }
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    @Override
    public void cancel() {
        Statement statement = running.get();
        if (statement != null) {
            try {
                statement.cancel();
            } catch (SQLException e) {
                LOG.atInfo()
                        .addKeyValue("source", config.source())
                        .log("query not broken off: {}", e.getMessage());
            }
        }
    }

    private String query() {
        try {
            return Files.readString(config.queryFile()).strip().replaceFirst(";$", "");
        } catch (IOException e) {
            throw new RowSourceException(
                    ErrorCode.USER,
                    "query of books/%s: %s: cannot be read (expected: a file with a SELECT): %s"
                            .formatted(
                                    config.source(),
                                    config.queryFile(),
                                    e.getClass().getSimpleName()),
                    e);
        }
    }

    private Connection connect() throws SQLException {
        var properties = new Properties();
        properties.setProperty("user", config.user());
        config.passwordFile().ifPresent(file -> properties.setProperty("password", password(file)));
        properties.setProperty("ApplicationName", "tallystick");
        properties.setProperty("connectTimeout", seconds(CONNECT_TIMEOUT));
        properties.setProperty("loginTimeout", seconds(CONNECT_TIMEOUT));
        properties.setProperty(
                "socketTimeout", seconds(config.statementTimeout().plus(SILENCE_AFTER_TIMEOUT)));
        // Nothing is kept on the server, so that a pool in between does no harm.
        properties.setProperty("prepareThreshold", "0");
        return DriverManager.getConnection(config.url(), properties);
    }

    private static String seconds(Duration duration) {
        return Long.toString(duration.toSeconds());
    }

    private String password(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw new RowSourceException(
                    ErrorCode.USER,
                    "password of books/%s: %s: cannot be read (expected: a file that holds the password): %s"
                            .formatted(config.source(), file, e.getClass().getSimpleName()),
                    e);
        }
    }

    private void prepareSession(Connection connection) throws SQLException {
        connection.setReadOnly(true);
        // One statement sees one snapshot; fetching page by page needs a transaction.
        connection.setAutoCommit(false);
        long millis = config.statementTimeout().toMillis();
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET LOCAL statement_timeout = " + millis);
            statement.execute("SET LOCAL lock_timeout = " + millis);
            // Otherwise a query that makes days of times would follow this machine's zone.
            statement.execute("SET LOCAL TIME ZONE 'UTC'");
        }
    }

    private RowSourceException failure(SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        String message = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        return new RowSourceException(
                isOurs(state) ? ErrorCode.USER : ErrorCode.EXTERNAL,
                "database of books/%s: %s (SQLSTATE %s)"
                        .formatted(config.source(), message, state.isEmpty() ? "none" : state),
                e);
    }

    /// Settings, rights or the query must change: login refused, no such database, a wrong statement, a write.
    private static boolean isOurs(String sqlState) {
        return sqlState.startsWith("28")
                || sqlState.startsWith("3D")
                || sqlState.startsWith("42")
                || sqlState.startsWith("22")
                || sqlState.startsWith("0A")
                || sqlState.equals("25006");
    }

    private static void closeAfter(Connection connection, Exception failure) {
        try {
            connection.close();
        } catch (SQLException e) {
            failure.addSuppressed(e);
        }
    }

    /// One transaction on one connection.
    private final class SqlReading implements Reading {
        private final Connection connection;
        private final PreparedStatement statement;
        private final SqlColumns columns;
        private @Nullable ResultSet rows;

        SqlReading(Connection connection, String sql) throws SQLException {
            this.connection = connection;
            this.statement = connection.prepareStatement(sql);
            this.statement.setFetchSize(config.pageSize());
            this.columns = SqlColumns.check(config, statement);
            running.set(statement);
        }

        @Override
        public Watermark.Kind kind() {
            return columns.kind();
        }

        @Override
        public void begin(Optional<Watermark> after) {
            try {
                switch (columns.kind()) {
                    case BIGINT ->
                            statement.setLong(
                                    1, after.map(Watermark::value).orElse(Long.MIN_VALUE));
                    // The driver writes these as -infinity.
                    case TIMESTAMP ->
                            statement.setObject(
                                    1, after.map(Watermark::localTime).orElse(LocalDateTime.MIN));
                    case TIMESTAMPTZ ->
                            statement.setObject(
                                    1,
                                    after.map(w -> w.time().atOffset(ZoneOffset.UTC))
                                            .orElse(OffsetDateTime.MIN));
                }
                rows = statement.executeQuery();
            } catch (SQLException e) {
                throw failure(e);
            }
        }

        @Override
        public Optional<Row> next() {
            if (rows == null) {
                throw new IllegalStateException("reading: not begun (expected: begin first)");
            }
            try {
                if (!rows.next()) {
                    return Optional.empty();
                }
                Map<String, String> fields = new LinkedHashMap<>();
                for (String column : columns.names()) {
                    fields.put(column, columns.text(rows, column));
                }
                return Optional.of(new Row(columns.watermark(rows), fields));
            } catch (SQLException e) {
                throw failure(e);
            }
        }

        @Override
        public void close() {
            running.set(null);
            // Ends the transaction too.
            try (connection;
                    statement) {
                connection.rollback();
            } catch (SQLException e) {
                LOG.atInfo()
                        .addKeyValue("source", config.source())
                        .log("connection did not close: {}", e.getMessage());
            }
        }
    }
}
