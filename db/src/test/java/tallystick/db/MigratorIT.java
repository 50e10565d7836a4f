package tallystick.db;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import tallystick.db.testing.TestDatabase;

/// What migration leaves behind, and what the roles may and may not do with it.
class MigratorIT {
    private static final String GOLDEN = "catalogue.golden.txt";

    @Test
    void leavesTheCatalogueOfTheGoldenListing() throws IOException, SQLException {
        try (TestDatabase database = TestDatabase.migrated()) {
            String listing = listing(database);
            if (Boolean.getBoolean("golden.update")) {
                Files.writeString(Path.of("src/test/resources", GOLDEN), listing);
            }

            assertThat(listing)
                    .as("the schema changed: review it, then run with -Dgolden.update=true")
                    .isEqualTo(resource(GOLDEN));
        }
    }

    @Test
    void migratesOnceAndFindsNothingToDoAfterwards() {
        try (TestDatabase database = TestDatabase.empty()) {
            Migrator migrator = new Migrator(database.dataSource());

            assertThat(migrator.print()).contains("CREATE TABLE ledger.transfer");
            assertThat(migrator.pending()).isEqualTo(Migrator.scripts());
            assertThat(migrator.migrate()).isEqualTo(Migrator.scripts().size());
            assertThat(migrator.migrate()).isZero();
            assertThat(migrator.print()).isEmpty();
            assertThat(migrator.pending()).isEmpty();
        }
    }

    @Test
    void goesOnWhereTheChunksWereMadeByTheScriptAsItWasFirst() {
        try (TestDatabase database = TestDatabase.migrated()) {
            database.execute(
                    "UPDATE public.tallystick_schema_history SET checksum = 1970317682 WHERE version = '061'");

            assertThat(new Migrator(database.dataSource()).migrate()).isZero();

            database.execute(
                    "UPDATE public.tallystick_schema_history SET checksum = 1 WHERE version = '061'");
            assertThatThrownBy(() -> new Migrator(database.dataSource()).migrate())
                    .isInstanceOf(DatabaseException.class)
                    .hasMessageContaining("checksum");
        }
    }

    @Test
    void letsTheWriterAddButNotChangeWhatHappened() {
        try (TestDatabase database = TestDatabase.migrated()) {
            for (String table :
                    new String[] {
                        "ledger.transfer_chunk",
                        "ledger.evidence_chunk",
                        "ledger.batch",
                        "register.change"
                    }) {
                assertThatThrownBy(
                                () ->
                                        database.execute(
                                                "SET ROLE tallystick_writer; DELETE FROM " + table))
                        .hasStackTraceContaining("permission denied");
                assertThatThrownBy(
                                () ->
                                        database.execute(
                                                "SET ROLE tallystick_writer; UPDATE "
                                                        + table
                                                        + " SET batch_id = 1"))
                        .hasStackTraceContaining("permission denied");
            }
            database.execute(
                    "SET ROLE tallystick_writer; INSERT INTO ledger.account (name) VALUES ('clearing')");
        }
    }

    @Test
    void letsTheAuditorReadTheAuditViewsOnly() {
        try (TestDatabase database = TestDatabase.migrated()) {
            database.execute("SET ROLE tallystick_auditor; SELECT * FROM audit.identity");
            assertThatThrownBy(
                            () ->
                                    database.execute(
                                            "SET ROLE tallystick_auditor; SELECT * FROM ledger.item"))
                    .hasStackTraceContaining("permission denied");
        }
    }

    @Test
    void makesEachRoleAvailableToAnOwnerWhoIsNoSuperuser() {
        try (TestDatabase database = TestDatabase.empty()) {
            String owner = database.ownedByAnOrdinaryUser();
            DatabaseSettings settings = database.settings(owner);
            try (Database asOwner = Database.connect(settings)) {
                new Migrator(asOwner.dataSource()).migrate();
            }
            for (Role role : Role.values()) {
                try (Database connected = Database.connect(settings, role)) {
                    assertThat(currentRole(connected))
                            .isEqualTo(
                                    role == Role.OWNER
                                            ? owner
                                            : "tallystick_" + role.name().toLowerCase(Locale.ROOT));
                }
            }
        }
    }

    @Test
    void saysWhichUserAndRoleWereRefused() {
        try (TestDatabase database = TestDatabase.migrated()) {
            DatabaseSettings settings = database.settings("nobody_known");

            assertThatThrownBy(() -> Database.connect(settings, Role.WRITER).close())
                    .isInstanceOf(DatabaseException.class)
                    .hasMessageContaining("user nobody_known, role writer");
        }
    }

    @Test
    void refusesAChunkForASingleBadTransfer() {
        try (TestDatabase database = TestDatabase.migrated()) {
            addTransfers(database, "'{1,2}', '{2,1}', '{5,6}', NULL");
            addTransfers(database, "'{1,1}', '{1,1}', '{5,6}', '{\\\\x0b,\\\\x0c}'");

            refuse(database, "'{1,2}', '{2,2}', '{5,6}', NULL", "transfer_check");
            refuse(database, "'{1,1}', '{1,1}', '{5,6}', '{\\\\x0b,\\\\x0b}'", "transfer_check");
            refuse(database, "'{1,1}', '{1,1}', '{5,6}', '{\\\\x0b,NULL}'", "transfer_check");
            refuse(database, "'{1,2}', '{2,1}', '{5,0}', NULL", "transfer_amount_msat_check");
            refuse(database, "'{1,2}', '{2,1}', '{5,-6}', NULL", "transfer_amount_msat_check");
            refuse(database, "'{1,2}', '{2,1}', '{5,NULL}', NULL", "transfer_chunk_elements");
            refuse(database, "'{1,NULL}', '{2,1}', '{5,6}', NULL", "transfer_chunk_elements");
            refuse(database, "'{1,2}', '{2,1}', '{5,6,7}', NULL", "transfer_chunk_elements");
            refuse(
                    database,
                    "'{1,2}', '{2,1}', '{5,6}', '{\\\\x0b,\\\\x0c,\\\\x0d}'",
                    "transfer_chunk_elements");
        }
    }

    @Test
    void movesRowsOfOlderSchemasIntoChunks() throws SQLException {
        try (TestDatabase database = TestDatabase.empty()) {
            String chunks = "V061__chunks.sql";
            Migrator.scripts().stream()
                    .takeWhile(script -> !script.equals(chunks))
                    .forEach(script -> database.execute(Migrator.read(script)));
            database.execute(
                    """
                    INSERT INTO ledger.evidence
                    SELECT batch_id, n, sha256(int4send(n / 2)), 'topic' || n % 3, n % 4, 1000 + n, 'node' || n % 5,
                           timestamptz '2024-11-23 10:00:00.123456Z' + n * interval '1 second', sha256(bytes), bytes
                      FROM generate_series(1, 2) AS batch_id, generate_series(0, 199) AS n,
                           LATERAL (SELECT decode(repeat('ab', CASE n WHEN 7 THEN 20000 ELSE n END), 'hex')) AS one (bytes);
                    INSERT INTO ledger.transfer
                    SELECT batch_id, n, sha256(int4send(n)), 'leg/' || n, 1, CASE WHEN n < 250 THEN 2 ELSE 1 END, 1 + n,
                           CASE WHEN n >= 250 THEN sha256(int4send(n + 1)) END
                      FROM generate_series(1, 2) AS batch_id, generate_series(0, 299) AS n;
                    """);
            String evidence =
                    """
                    SELECT concat_ws(' ', batch_id, ordinal, item_key, topic, partition_number, record_offset, node,
                                     observed_at, digest, bytes)
                      FROM ledger.evidence
                     ORDER BY batch_id, ordinal
                    """;
            String transfers =
                    """
                    SELECT concat_ws(' ', batch_id, ordinal, item_key, leg, debit_id, credit_id, amount_msat,
                                     counter_item_key)
                      FROM ledger.transfer
                     ORDER BY batch_id, ordinal
                    """;
            List<String> evidenceBefore = lines(database, evidence);
            List<String> transfersBefore = lines(database, transfers);

            database.execute(Migrator.read(chunks));

            assertThat(evidenceBefore).hasSize(400);
            assertThat(lines(database, evidence)).isEqualTo(evidenceBefore);
            assertThat(transfersBefore).hasSize(600);
            assertThat(lines(database, transfers)).isEqualTo(transfersBefore);
        }
    }

    private static void addTransfers(TestDatabase database, String columns) {
        database.execute(
                """
                INSERT INTO ledger.transfer_chunk (batch_id, first_ordinal, first_key, last_key, item_keys, legs, debit_ids,
                                                   credit_ids, amounts_msat, counter_item_keys)
                VALUES (1, 0, '\\x0a', '\\x0b', '{\\\\x0a,\\\\x0b}', '{a,b}', %s)
                """
                        .formatted(columns));
    }

    private static void refuse(TestDatabase database, String columns, String constraint) {
        assertThatThrownBy(() -> addTransfers(database, columns))
                .hasStackTraceContaining(constraint);
    }

    private static String currentRole(Database database) {
        return new Transactions(database.dataSource())
                .read(
                        connection -> {
                            try (Statement statement = connection.createStatement();
                                    ResultSet rows =
                                            statement.executeQuery("SELECT current_user")) {
                                rows.next();
                                return rows.getString(1);
                            }
                        });
    }

    private static String listing(TestDatabase database) throws IOException, SQLException {
        return String.join("\n", lines(database, resource("catalogue.sql"))) + '\n';
    }

    private static List<String> lines(TestDatabase database, String sql) throws SQLException {
        List<String> result = new ArrayList<>();
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                result.add(rows.getString(1));
            }
        }
        return result;
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = MigratorIT.class.getResourceAsStream("/" + name)) {
            assertThat(in).as(name).isNotNull();
            return new String(in.readAllBytes(), UTF_8);
        }
    }
}
