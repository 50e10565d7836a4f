package tallystick.db.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/// How far the relay had come, for a Kafka that has forgotten it.
public final class RelayRepository {
    private static final String SAVE =
            """
            INSERT INTO register.relay_place (kind, sequence, ordinal)
            VALUES (?, ?, ?)
            ON CONFLICT (kind) DO UPDATE SET sequence = EXCLUDED.sequence, ordinal = EXCLUDED.ordinal
            """;

    private static final String LOAD =
            "SELECT sequence, ordinal FROM register.relay_place WHERE kind = ?";

    /// The last row of a kind that was published.
    public record Place(long sequence, int ordinal) {}

    /// @param kind `changes`, `quarantine` or `reports`
    public void save(Connection connection, String kind, Place place) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SAVE)) {
            statement.setString(1, kind);
            statement.setLong(2, place.sequence());
            statement.setInt(3, place.ordinal());
            statement.executeUpdate();
        }
    }

    /// Empty when nothing was published yet.
    public Optional<Place> load(Connection connection, String kind) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOAD)) {
            statement.setString(1, kind);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next()
                        ? Optional.of(new Place(rows.getLong(1), rows.getInt(2)))
                        : Optional.empty();
            }
        }
    }
}
