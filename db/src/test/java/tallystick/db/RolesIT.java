package tallystick.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tallystick.db.testing.TestDatabase;

/// What each role may do, statement by statement, with every table, view, column and function that the catalogue lists.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RolesIT {
    private static final String DENIED = "42501";

    /// Tables of present states: the writer changes their rows. All others are append-only.
    private static final Set<String> MUTABLE =
            Set.of(
                    "ledger.balance",
                    "ledger.contribution",
                    "ledger.coverage",
                    "ledger.coverage_gap",
                    "ledger.coverage_pending",
                    "ledger.dirty_group",
                    "ledger.due",
                    "ledger.head",
                    "ledger.height_due",
                    "ledger.item_row",
                    "ledger.\"position\"",
                    "ledger.redecision",
                    "ledger.setting",
                    "ledger.unconfirmed_transaction",
                    "register.mismatch",
                    "register.relay_place");

    private final TestDatabase database = TestDatabase.migrated();

    @AfterAll
    void close() {
        database.close();
    }

    /// A table or view.
    private record Relation(String name, boolean isTable, List<String> columns) {
        String schema() {
            return name.substring(0, name.indexOf('.'));
        }
    }

    @Test
    void letsTheAuditorReadAuditAndNothingElse() throws SQLException {
        List<String> wrong = new ArrayList<>();
        for (Relation relation : relations()) {
            boolean isAudit = relation.schema().equals("audit");
            for (String sql : reads(relation)) {
                Optional<String> refusal = refusal("tallystick_auditor", sql);
                if (isAudit ? refusal.isPresent() : !refusal.equals(Optional.of(DENIED))) {
                    wrong.add("%s: %s".formatted(sql, refusal.orElse("allowed")));
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void letsTheAuditorWriteNothing() throws SQLException {
        List<String> allowed = new ArrayList<>();
        for (Relation relation : relations()) {
            for (String sql : writes(relation)) {
                // A view that is no single table's refuses before anyone is asked who writes.
                Optional<String> refusal = refusal("tallystick_auditor", sql);
                if (relation.isTable() ? !refusal.equals(Optional.of(DENIED)) : refusal.isEmpty()) {
                    allowed.add("%s: %s".formatted(sql, refusal.orElse("allowed")));
                }
            }
        }
        for (String sql :
                List.of(
                        "CREATE TABLE audit.mine (n integer)",
                        "CREATE TABLE public.mine (n integer)",
                        "CREATE SCHEMA mine",
                        "SELECT nextval('ledger.batch_id')",
                        "SELECT setval('ledger.batch_id', 1)",
                        "ALTER VIEW audit.identity OWNER TO tallystick_auditor",
                        "CREATE OR REPLACE VIEW audit.identity AS SELECT 1 AS n",
                        "DROP VIEW audit.identity",
                        "SET ROLE tallystick_writer")) {
            Optional<String> refusal = refusal("tallystick_auditor", sql);
            if (!refusal.equals(Optional.of(DENIED))) {
                allowed.add("%s: %s".formatted(sql, refusal.orElse("allowed")));
            }
        }
        assertThat(allowed).isEmpty();
    }

    /// Every query of docs/audit.md, as it stands there.
    @Test
    void letsTheAuditorDoWhatTheGuideSays() throws SQLException, IOException {
        String guide = Files.readString(Path.of("../docs/audit.md"));
        List<String> queries =
                Pattern.compile("```sql\n(.*?)```", Pattern.DOTALL)
                        .matcher(guide)
                        .results()
                        .map(block -> block.group(1))
                        .filter(sql -> !sql.startsWith("CREATE ROLE"))
                        .toList();
        assertThat(queries).hasSizeGreaterThan(8);
        for (String sql : queries) {
            assertThat(refusal("tallystick_auditor", sql)).as(sql).isEmpty();
        }
    }

    @Test
    void letsTheWriterAddButChangePresentStatesOnly() throws SQLException {
        Set<String> changed = new TreeSet<>();
        for (Relation relation : relations()) {
            if (relation.isTable() && !relation.schema().equals("audit")) {
                Stream.of(
                                update(relation),
                                "DELETE FROM " + relation.name(),
                                "TRUNCATE " + relation.name())
                        .filter(sql -> refusal("tallystick_writer", sql).isEmpty())
                        .forEach(_ -> changed.add(relation.name()));
            }
        }
        assertThat(changed).isEqualTo(new TreeSet<>(MUTABLE));
    }

    @Test
    void letsNobodyOfThemTruncate() throws SQLException {
        for (Relation relation : relations()) {
            if (relation.isTable()) {
                for (String role : List.of("writer", "server", "auditor", "archivist", "person")) {
                    assertThat(refusal("tallystick_" + role, "TRUNCATE " + relation.name()))
                            .as("%s truncates %s", role, relation.name())
                            .contains(DENIED);
                }
            }
        }
    }

    private static List<String> reads(Relation relation) {
        List<String> result = new ArrayList<>();
        result.add("SELECT * FROM " + relation.name());
        result.add("SELECT count(*) FROM " + relation.name());
        relation.columns()
                .forEach(
                        column ->
                                result.add("SELECT %s FROM %s".formatted(column, relation.name())));
        return result;
    }

    private static List<String> writes(Relation relation) {
        List<String> result = new ArrayList<>();
        result.add("INSERT INTO %s DEFAULT VALUES".formatted(relation.name()));
        relation.columns()
                .forEach(
                        column ->
                                result.add(
                                        "UPDATE %s SET %s = NULL"
                                                .formatted(relation.name(), column)));
        result.add("DELETE FROM " + relation.name());
        if (relation.isTable()) {
            result.add("TRUNCATE " + relation.name());
        }
        return result;
    }

    private static String update(Relation relation) {
        return "UPDATE %1$s SET %2$s = %2$s WHERE false"
                .formatted(relation.name(), relation.columns().getFirst());
    }

    private List<Relation> relations() throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery(
                                """
                                SELECT format('%I.%I', nspname, relname), relkind IN ('r', 'p'),
                                       array_agg(quote_ident(attname) ORDER BY attnum)
                                  FROM pg_class
                                  JOIN pg_namespace ON pg_namespace.oid = relnamespace
                                  JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
                                 WHERE nspname IN ('ledger', 'register', 'report', 'audit', 'web') AND relkind IN ('r', 'p', 'v', 'm')
                                 GROUP BY 1, 2
                                 ORDER BY 1
                                """)) {
            List<Relation> result = new ArrayList<>();
            while (row.next()) {
                result.add(
                        new Relation(
                                row.getString(1),
                                row.getBoolean(2),
                                List.of((String[]) row.getArray(3).getArray())));
            }
            return result;
        }
    }

    /// The state with which the database refuses a role's statement; nothing when it does not. Leaves no trace.
    private Optional<String> refusal(String role, String sql) {
        try (Connection connection = database.dataSource().getConnection()) {
            return refusal(connection, role, sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Optional<String> refusal(Connection connection, String role, String sql)
            throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET SESSION AUTHORIZATION " + role);
            statement.execute(sql);
            return Optional.empty();
        } catch (SQLException e) {
            return Optional.of(e.getSQLState());
        } finally {
            connection.rollback();
        }
    }
}
