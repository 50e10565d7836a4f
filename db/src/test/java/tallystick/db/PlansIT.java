package tallystick.db;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tallystick.db.testing.TestDatabase;

/// No statement of a batch reads the whole of a table that grows, whatever its size: with the plans that the writer's
/// sessions make once and keep.
class PlansIT {
    private static final Pattern WHOLE_OF_A_GROWING_TABLE =
            Pattern.compile(
                    "Seq Scan on (item|evidence_chunk|transfer_chunk|due|batch|account|balance|contribution|mismatch|change)\\b");

    /// One row, always: there is nothing to look up.
    private static final Pattern HEAD = Pattern.compile("Seq Scan on head.*\\n\\s*Disabled: true");

    private static final Pattern PARAMETER = Pattern.compile("\\?");

    @Test
    void lookUpByIndexWhatGrows() throws Exception {
        Map<String, String> bad = new TreeMap<>();
        int looked = 0;

        try (TestDatabase database = TestDatabase.migrated();
                Connection connection = simpleConnection(database)) {
            try (Statement session = connection.createStatement()) {
                session.execute(Role.WRITER.sql() + Database.WRITER_PLANS);
            }
            for (Map.Entry<String, String> statement : StatementsIT.statements().entrySet()) {
                if (!isOfABatch(statement.getKey()) || statement.getValue().startsWith("COPY")) {
                    continue;
                }
                looked++;
                String plan = HEAD.matcher(plan(connection, statement.getValue())).replaceAll("");
                if (plan.contains("Disabled: true")
                        || WHOLE_OF_A_GROWING_TABLE.matcher(plan).find()) {
                    bad.put(statement.getKey(), plan);
                }
            }
        }

        assertThat(bad).isEmpty();
        assertThat(looked).isGreaterThan(10);
    }

    /// A plan for unknown parameters is only told where the driver does not ask for them.
    private static Connection simpleConnection(TestDatabase database) throws SQLException {
        DatabaseSettings settings = database.settings("postgres");
        Properties properties = new Properties();
        properties.setProperty("user", settings.user());
        properties.setProperty("preferQueryMode", "simple");
        return DriverManager.getConnection(settings.url(), properties);
    }

    /// Those that run for each batch and sweep, whatever is in it.
    private static boolean isOfABatch(String name) {
        return name.matches(
                        "(ItemRepository|DueRepository|TransferRepository|EvidenceRepository|BatchRepository)\\..*"
                                + "|OpeningRepository\\.MOVED_SINCE")
                && !name.endsWith("QUARANTINED_AFTER");
    }

    private static String plan(Connection connection, String sql) throws SQLException {
        Matcher parameters = PARAMETER.matcher(sql);
        StringBuilder numbered = new StringBuilder();
        for (int i = 1; parameters.find(); i++) {
            parameters.appendReplacement(numbered, "\\$" + i);
        }
        parameters.appendTail(numbered);
        StringBuilder plan = new StringBuilder();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("EXPLAIN (GENERIC_PLAN) " + numbered)) {
            while (rows.next()) {
                plan.append(rows.getString(1)).append('\n');
            }
        }
        return plan.toString();
    }
}
