package tallystick.db.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.random.RandomGenerator;
import javax.sql.DataSource;
import tallystick.db.DatabaseException;

/// The yardstick: how many rows a second a plain program gets into a table with a random key of 32 bytes, in batches, each
/// committed. What a ledger reaches is told as a part of this, so that machines can be compared.
public final class ReferenceLoad {
    private static final int BATCH_ROWS = 5_000;
    private static final int KEY_BYTES = 32;

    private final DataSource owner;
    private final RandomGenerator random;

    public ReferenceLoad(DataSource owner, RandomGenerator random) {
        this.owner = owner;
        this.random = random;
    }

    /// How long that many rows took, in a table of their own that is gone afterwards.
    public Duration insert(int rows) {
        try (Connection connection = owner.getConnection()) {
            execute(connection, "CREATE SCHEMA IF NOT EXISTS bench");
            execute(connection, "CREATE TABLE bench.reference (key bytea PRIMARY KEY)");
            connection.setAutoCommit(false);
            long begun = System.nanoTime();
            try (PreparedStatement insert =
                    connection.prepareStatement(
                            "INSERT INTO bench.reference (key) SELECT unnest(?::bytea[]) ON CONFLICT DO NOTHING")) {
                for (int done = 0; done < rows; done += BATCH_ROWS) {
                    insert.setArray(1, connection.createArrayOf("bytea", keys()));
                    insert.executeUpdate();
                    connection.commit();
                }
            }
            Duration took = Duration.ofNanos(System.nanoTime() - begun);
            connection.setAutoCommit(true);
            execute(connection, "DROP TABLE bench.reference");
            return took;
        } catch (SQLException e) {
            throw DatabaseException.of(e);
        }
    }

    private byte[][] keys() {
        byte[][] keys = new byte[BATCH_ROWS][KEY_BYTES];
        for (byte[] key : keys) {
            random.nextBytes(key);
        }
        return keys;
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
