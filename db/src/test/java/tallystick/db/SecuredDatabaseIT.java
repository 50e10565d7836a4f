package tallystick.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A Postgres as companies run it: TLS only, a password for everybody, and a client certificate for those who write.
class SecuredDatabaseIT {
    private static final String PASSWORD = "secret";

    /// The server listens there too, but its certificate is not for it.
    private static final String OTHER_HOST = "127.0.0.2";

    private static final String WHO_MAY_CONNECT =
            """
            host    all  postgres    127.0.0.1/32  trust
            hostssl all  reader      127.0.0.0/8   scram-sha-256
            hostssl all  tallystick  127.0.0.0/8   scram-sha-256  clientcert=verify-full
            """;

    @TempDir private static Path directory;
    private static EmbeddedPostgres server;

    @BeforeAll
    static void startServer() throws Exception {
        for (String name : new String[] {"ca", "server", "tallystick", "stranger"}) {
            copy(name + ".cert");
        }
        for (String name : new String[] {"server", "tallystick", "stranger"}) {
            Files.setPosixFilePermissions(
                    copy(name + ".key"), PosixFilePermissions.fromString("rw-------"));
        }
        Path data = directory.resolve("data");
        server =
                EmbeddedPostgres.builder()
                        .setDataDirectory(data)
                        .setServerConfig("fsync", "off")
                        .setServerConfig("listen_addresses", "127.0.0.1," + OTHER_HOST)
                        .setServerConfig("ssl", "on")
                        .setServerConfig("ssl_cert_file", file("server.cert").toString())
                        .setServerConfig("ssl_key_file", file("server.key").toString())
                        .setServerConfig("ssl_ca_file", file("ca.cert").toString())
                        .start();
        execute("CREATE ROLE reader LOGIN PASSWORD '%s'".formatted(PASSWORD));
        execute("CREATE ROLE tallystick LOGIN PASSWORD '%s'".formatted(PASSWORD));
        Files.writeString(data.resolve("pg_hba.conf"), WHO_MAY_CONNECT);
        execute("SELECT pg_reload_conf()");
    }

    @AfterAll
    static void stopServer() throws IOException {
        server.close();
    }

    @Test
    void theServerIsVerified() throws SQLException {
        assertThat(encryptedAs(settings("localhost", "reader", "ca", Optional.empty())))
                .isEqualTo("reader t ");
    }

    @Test
    void aClientCertificateIsShown() throws SQLException {
        assertThat(
                        encryptedAs(
                                settings(
                                        "127.0.0.1",
                                        "tallystick",
                                        "ca",
                                        Optional.of("tallystick"))))
                .isEqualTo("tallystick t /O=test company/CN=tallystick");
    }

    @Test
    void anotherAuthorityOrHostIsRefused() {
        assertRefused(
                settings("localhost", "reader", "stranger", Optional.empty()),
                "unable to find valid certification path");
        assertRefused(settings(OTHER_HOST, "reader", "ca", Optional.empty()), OTHER_HOST);
    }

    /// Of a certificate with another name than the user's, Postgres says no more than of a wrong password.
    @Test
    void theServerTurnsAwayWhomItDoesNotKnow() {
        assertRefused(
                settings("localhost", "tallystick", "ca", Optional.empty()),
                "valid client certificate");
        assertRefused(
                settings("localhost", "tallystick", "ca", Optional.of("stranger")),
                "authentication failed");
    }

    @Test
    void filesThatAreNotThereAreNamed() {
        assertRefused(settings("localhost", "reader", "absent", Optional.empty()), "absent.cert");
    }

    private static void assertRefused(DatabaseSettings settings, String reason) {
        assertThatThrownBy(() -> Database.connect(settings).close())
                .isInstanceOf(DatabaseException.class)
                .hasMessageContaining(reason)
                .hasMessageNotContaining(PASSWORD);
    }

    /// User, whether encrypted, and the name in the client's certificate.
    private static String encryptedAs(DatabaseSettings settings) throws SQLException {
        try (Database database = Database.connect(settings);
                Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery(
                                """
                                SELECT current_user || ' ' || CASE WHEN ssl THEN 't' ELSE 'f' END
                                       || ' ' || coalesce(client_dn, '')
                                  FROM pg_stat_ssl
                                 WHERE pid = pg_backend_pid()
                                """)) {
            rows.next();
            return rows.getString(1);
        }
    }

    private static DatabaseSettings settings(
            String host, String user, String authority, Optional<String> client) {
        return new DatabaseSettings(
                "jdbc:postgresql://%s:%d/postgres".formatted(host, server.getPort()),
                user,
                PASSWORD,
                Optional.of(
                        new DatabaseTls(
                                file(authority + ".cert"),
                                client.map(
                                        name ->
                                                new DatabaseTls.ClientCertificate(
                                                        file(name + ".cert"),
                                                        file(name + ".key"))))));
    }

    private static Path copy(String name) throws IOException {
        try (InputStream input = SecuredDatabaseIT.class.getResourceAsStream("/tls/" + name)) {
            return Files.write(file(name), Objects.requireNonNull(input, name).readAllBytes());
        }
    }

    private static Path file(String name) {
        return directory.resolve(name);
    }

    private static void execute(String sql) throws SQLException {
        try (Connection connection = server.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
