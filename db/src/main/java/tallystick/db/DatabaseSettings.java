package tallystick.db;

import java.util.Optional;

/// Where the database is.
///
/// @param url a JDBC URL, for example `jdbc:postgresql://127.0.0.1:5432/tallystick`
/// @param password kept out of `toString`
/// @param tls how the connection is secured; empty leaves that to the URL
public record DatabaseSettings(
        String url, String user, String password, Optional<DatabaseTls> tls) {
    /// A database whose connection needs no certificates.
    public DatabaseSettings(String url, String user, String password) {
        this(url, user, password, Optional.empty());
    }

    @Override
    public String toString() {
        return "DatabaseSettings[url=%s, user=%s, password=***, tls=%s]".formatted(url, user, tls);
    }
}
