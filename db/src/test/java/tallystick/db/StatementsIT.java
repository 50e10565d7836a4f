package tallystick.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import tallystick.db.report.AuditQueries;
import tallystick.db.testing.TestDatabase;

/// Every statement of this module fits the migrated schema: a renamed column fails the build, not a customer.
class StatementsIT {
    private static final Pattern STATEMENT =
            Pattern.compile("(SELECT|INSERT|UPDATE|DELETE|WITH|COPY)\\s.*", Pattern.DOTALL);

    /// Fewer would mean that they are no longer found.
    private static final int STATEMENTS_MIN = 30;

    @Test
    void fitTheMigratedSchema() throws Exception {
        Map<String, String> statements = statements();
        questions().forEach(one -> statements.put("question " + one.name(), one.sql()));
        Map<String, String> refused = new TreeMap<>();

        try (TestDatabase database = TestDatabase.migrated();
                Connection connection = database.dataSource().getConnection()) {
            statements.forEach(
                    (name, sql) -> {
                        try {
                            check(connection, sql);
                        } catch (SQLException e) {
                            refused.put(name, String.valueOf(e.getMessage()));
                        }
                    });
        }

        assertThat(refused).isEmpty();
        assertThat(statements).hasSizeGreaterThan(STATEMENTS_MIN);
    }

    /// Of auditors, whose parameters are put into their text. A ledger's name may hold a quote.
    private static List<AuditQueries.Query> questions() {
        return new AuditQueries()
                .of(
                        new AuditQueries.Subject(
                                "Anna's",
                                LocalDate.EPOCH,
                                Instant.EPOCH,
                                Instant.EPOCH.plusSeconds(1),
                                7,
                                3,
                                Instant.EPOCH));
    }

    private static void check(Connection connection, String sql) throws SQLException {
        if (sql.startsWith("COPY")) {
            // Cannot be prepared; the server looks at table and columns when it begins.
            connection.unwrap(PGConnection.class).getCopyAPI().copyIn(sql).cancelCopy();
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.getParameterMetaData(); // makes the server parse it
        }
    }

    /// The SQL constants of all classes of this module, which is a folder or a jar.
    static Map<String, String> statements()
            throws IOException, URISyntaxException, ReflectiveOperationException {
        Path place =
                Path.of(Database.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        if (Files.isDirectory(place)) {
            return statements(place);
        }
        try (FileSystem jar = FileSystems.newFileSystem(place)) {
            return statements(jar.getPath("/"));
        }
    }

    private static Map<String, String> statements(Path classes)
            throws IOException, ReflectiveOperationException {
        Map<String, String> result = new TreeMap<>();
        try (Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                String name = classes.relativize(file).toString().replace('/', '.');
                if (!name.endsWith("package-info.class")) {
                    add(
                            result,
                            Class.forName(name.substring(0, name.length() - ".class".length())));
                }
            }
        }
        return result;
    }

    private static void add(Map<String, String> result, Class<?> type)
            throws ReflectiveOperationException {
        for (Field field : type.getDeclaredFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.getType() == String.class) {
                field.setAccessible(true);
                String text = String.valueOf(field.get(null)).strip();
                if (STATEMENT.matcher(text).matches()) {
                    result.put(type.getSimpleName() + "." + field.getName(), text);
                }
            }
        }
    }
}
