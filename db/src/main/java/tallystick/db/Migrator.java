package tallystick.db;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;

/// Brings the schema to this version's state. Only forward; an edited migration is refused.
public final class Migrator {
    private static final String LOCATION = "tallystick/db/migration";

    private static final String REWRITTEN =
            """
            UPDATE public.tallystick_schema_history SET checksum = -286216070 WHERE version = '061' AND checksum = 1970317682
            """;

    private final DataSource dataSource;

    public Migrator(DataSource dataSource) {
        this.dataSource = dataSource;
    }

    /// Runs what is missing and returns how many migrations that were.
    public int migrate() {
        return migrateTo("latest");
    }

    /// The same no further than to a version, for example "081": the schema that an earlier program had.
    public int migrateTo(String version) {
        try {
            takeRewritten();
            return flyway(version).migrate().migrationsExecuted;
        } catch (FlywayException e) {
            throw new DatabaseException(
                    DatabaseException.Kind.FATAL, "migration: " + e.getMessage(), e);
        }
    }

    /// V061 as it was first written needed Postgres 18. What it made is the same, so where it ran it need not run again.
    private void takeRewritten() {
        new Transactions(dataSource)
                .call(
                        connection -> {
                            try (Statement statement = connection.createStatement();
                                    ResultSet table =
                                            statement.executeQuery(
                                                    "SELECT to_regclass('public.tallystick_schema_history')")) {
                                boolean isNew = !table.next() || table.getString(1) == null;
                                return isNew ? 0 : statement.executeUpdate(REWRITTEN);
                            }
                        });
    }

    /// The SQL that `migrate` would run now, for those who run it by hand.
    public String print() {
        return text(pending().stream());
    }

    /// The scripts that `migrate` would run now.
    public List<String> pending() {
        return Arrays.stream(flyway("latest").info().pending())
                .map(MigrationInfo::getScript)
                .toList();
    }

    /// All of it, for a database that is not there yet.
    public static String printAll() {
        return text(scripts().stream());
    }

    private static String text(Stream<String> scripts) {
        return scripts.map(script -> "-- %s\n%s\n".formatted(script, read(script)))
                .collect(Collectors.joining("\n"));
    }

    /// The scripts in their order, for tests and for printing without a database.
    public static List<String> scripts() {
        return List.of(
                "V001__schemas_and_roles.sql",
                "V002__ledger.sql",
                "V003__register.sql",
                "V004__views.sql",
                "V005__grants.sql",
                "V010__allocations.sql",
                "V020__matching.sql",
                "V030__rule_sets.sql",
                "V031__decisions.sql",
                "V032__places.sql",
                "V040__heights.sql",
                "V041__refused_records.sql",
                "V042__gaps.sql",
                "V050__redecision.sql",
                "V051__change_causes.sql",
                "V060__due_noted_by.sql",
                "V061__chunks.sql",
                "V062__narrow_items.sql",
                "V065__chain.sql",
                "V067__channel_results.sql",
                "V068__opening.sql",
                "V070__proofs.sql",
                "V077__begun.sql",
                "V080__day_deltas.sql",
                "V081__issued_reports.sql",
                "V090__audit_decoding.sql",
                "V091__people.sql",
                "V092__restore.sql",
                "V093__told_reports.sql",
                "V094__tamper_evidence.sql",
                "V095__signatures.sql",
                "V110__history.sql",
                "V111__erasable_texts.sql",
                "V112__archive.sql",
                "V120__web.sql",
                "V121__countersignatures.sql",
                "V123__openid.sql",
                "V124__changed_transactions.sql",
                "V125__statistics.sql",
                "V126__aliases_by_channel.sql");
    }

    private Flyway flyway(String target) {
        return Flyway.configure(Migrator.class.getClassLoader())
                .dataSource(dataSource)
                .target(target)
                .locations("classpath:" + LOCATION)
                .table("tallystick_schema_history")
                .schemas("public")
                .cleanDisabled(true)
                .validateMigrationNaming(true)
                .failOnMissingLocations(true)
                .load();
    }

    /// The text of a script.
    public static String read(String script) {
        String path = "/" + LOCATION + "/" + script;
        try (InputStream in = Migrator.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalStateException(
                        "migration: %s (expected: on the class path)".formatted(path));
            }
            return new String(in.readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
