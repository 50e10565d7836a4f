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
            assertThat(migrator.migrate()).isEqualTo(Migrator.scripts().size());
            assertThat(migrator.migrate()).isZero();
            assertThat(migrator.print()).isEmpty();
        }
    }

    @Test
    void letsTheWriterAddButNotChangeWhatHappened() {
        try (TestDatabase database = TestDatabase.migrated()) {
            for (String table :
                    new String[] {
                        "ledger.transfer", "ledger.evidence", "ledger.batch", "register.change"
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
    void refusesATransferWithinOneAccount() {
        try (TestDatabase database = TestDatabase.migrated()) {
            assertThatThrownBy(
                            () ->
                                    database.execute(
                                            "INSERT INTO ledger.transfer VALUES (1, 0, '\\x00', 'a', 1, 1, 5)"))
                    .hasStackTraceContaining("transfer_check");
        }
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
        StringBuilder result = new StringBuilder();
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(resource("catalogue.sql"))) {
            while (rows.next()) {
                result.append(rows.getString(1)).append('\n');
            }
        }
        return result.toString();
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = MigratorIT.class.getResourceAsStream("/" + name)) {
            assertThat(in).as(name).isNotNull();
            return new String(in.readAllBytes(), UTF_8);
        }
    }
}
