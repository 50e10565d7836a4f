package tallystick.ops.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tallystick.db.Database;
import tallystick.db.Migrator;
import tallystick.db.testing.LedgerDump;
import tallystick.ops.embedded.DataDirectory;
import tallystick.ops.embedded.EmbeddedServices;
import tallystick.ops.embedded.EmbeddedServices.Service;

/// Ledgers that versions of the program wrote: this one migrates them, finds them as they were written, and makes their reports again
/// with the digests with which they were issued. `-Dledger.dump=VERSION` first keeps a ledger of this version.
class KeptLedgersIT {
    @TempDir Path directory;

    @BeforeAll
    static void keepOneOfThisVersion(@TempDir Path directory) throws Exception {
        String version = System.getProperty("ledger.dump", "");
        if (!version.isEmpty()) {
            LedgerMaker.make(directory, KeptLedger.of(version));
        }
    }

    static List<String> versions() throws IOException {
        return KeptLedger.versions();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void tellWhatTheyToldThen(String version) throws Exception {
        KeptLedger kept = KeptLedger.of(version);
        Path home = directory.resolve("data");
        try (var data = DataDirectory.take(home);
                var services =
                        EmbeddedServices.start(
                                data,
                                Path.of("target", "cache").toAbsolutePath(),
                                EnumSet.of(Service.POSTGRES))) {
            load(kept, services);

            Commands.run(home, "db", "migrate");

            assertThat(Commands.run(home, "verify", "--head", kept.heads().toString()))
                    .contains("Untouched", "One head agrees from outside");
            assertThat(KeptLedger.told(home, services)).isEqualTo(kept.toldThen());
        }
    }

    private static void load(KeptLedger kept, EmbeddedServices services) throws Exception {
        try (BufferedReader rows = kept.open();
                Connection owner = KeptLedger.owner(services)) {
            var settings = services.addresses().database().orElseThrow().settings();
            try (Database database = Database.connect(settings)) {
                new Migrator(database.dataSource()).migrateTo(LedgerDump.schema(rows));
            }
            LedgerDump.load(owner, rows);
        }
    }
}
