package tallystick.db;

/// Where the database is.
///
/// @param url a JDBC URL, for example `jdbc:postgresql://127.0.0.1:5432/tallystick`
/// @param password kept out of `toString`
public record DatabaseSettings(String url, String user, String password) {
    @Override
    public String toString() {
        return "DatabaseSettings[url=%s, user=%s, password=***]".formatted(url, user);
    }
}
