package tallystick.db.seal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tallystick.db.testing.TestDatabase;

class DefinitionsIT {
    private static final Path LIST =
            Path.of("src/main/resources/tallystick/db/seal/definitions.txt");

    /// Whoever adds a view in a migration has the list taken over with it.
    @Test
    void theListIsWhatTheMigrationsMake() throws SQLException, IOException {
        try (TestDatabase database = TestDatabase.migrated();
                Connection connection = database.dataSource().getConnection()) {
            String present = Definitions.list(Definitions.present(connection));
            if (Boolean.getBoolean("golden.update")) {
                Files.writeString(LIST, present, UTF_8);
            }

            assertThat(present)
                    .as("%s (expected: current; -Dgolden.update=true takes it over)", LIST)
                    .isEqualTo(Files.readString(LIST, UTF_8))
                    .contains(
                            "  view audit.batches\n",
                            "  function audit.decoded(pg_catalog.text,pg_catalog.bytea)\n");
            assertThat(Definitions.list(Definitions.expected())).isEqualTo(present);
        }
    }

    /// What whoever wants auditors to see something else would do.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
                    changed | CREATE OR REPLACE VIEW audit.batches AS SELECT sequence, cause, decided_at, 0 AS records, encode(digest, 'hex') AS digest, encode(previous_hash, 'hex') AS previous_hash, encode(hash, 'hex') AS hash FROM ledger.batch | view audit.batches was replaced
                    same text | CREATE SCHEMA evil; CREATE TABLE evil.batch AS TABLE ledger.batch; CREATE OR REPLACE VIEW audit.batches AS SELECT sequence, cause, decided_at, records, encode(digest, 'hex') AS digest, encode(previous_hash, 'hex') AS previous_hash, encode(hash, 'hex') AS hash FROM evil.batch | view audit.batches was replaced
                    function | CREATE OR REPLACE FUNCTION ledger.item_text(kind text, reference bytea) RETURNS text LANGUAGE sql STABLE PARALLEL SAFE RETURN 'x' | function ledger.item_text(pg_catalog.text,pg_catalog.bytea) was replaced
                    dropped | DROP VIEW audit.batches | view audit.batches is not there
                    more | CREATE VIEW audit.more AS SELECT 1 AS one | view audit.more is none of this version's
                    rule | CREATE RULE quiet AS ON DELETE TO ledger.setting DO INSTEAD NOTHING | rule ledger.setting.quiet is none of this version's
                    policy | ALTER TABLE ledger.batch ENABLE ROW LEVEL SECURITY | row security ledger.batch is none of this version's
                    """)
    void tellsWhatSomebodyReplaced(String name, String attack, String expected)
            throws SQLException {
        try (TestDatabase database = TestDatabase.migrated();
                Connection connection = database.dataSource().getConnection()) {
            List<TamperFinding> findings = new ArrayList<>();
            Definitions.check(connection, 1, findings);
            assertThat(findings).isEmpty();

            connection.createStatement().execute(attack);
            Definitions.check(connection, 1, findings);

            assertThat(findings)
                    .as(name)
                    .singleElement()
                    .satisfies(
                            one -> assertThat(one.where() + " " + one.what()).startsWith(expected));
        }
    }
}
