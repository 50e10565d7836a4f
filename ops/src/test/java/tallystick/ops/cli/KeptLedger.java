package tallystick.ops.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import tallystick.db.testing.LedgerDump;
import tallystick.ops.embedded.EmbeddedServices;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A ledger as a version of the program wrote it, with what that version told of it. Kept for all later versions.
///
/// @param folder named after the version
record KeptLedger(Path folder) {
    private static final Path ALL = Path.of("src/test/resources/ledgers");

    private static final String ISSUED =
            """
            SELECT business_day, edition, sequence, since_sequence, encode(seal_digest, 'hex')
              FROM report.issued
             ORDER BY business_day, edition
            """;

    static KeptLedger of(String version) {
        return new KeptLedger(ALL.resolve(version));
    }

    static List<String> versions() throws IOException {
        try (Stream<Path> folders = Files.list(ALL)) {
            return folders.map(folder -> folder.getFileName().toString()).sorted().toList();
        }
    }

    /// The head that was published when the ledger was kept.
    Path heads() {
        return folder.resolve("heads.jsonl");
    }

    private Path rows() {
        return folder.resolve("ledger.sql.gz");
    }

    private Path figures() {
        return folder.resolve("told.txt");
    }

    /// What was told of it then.
    String toldThen() throws IOException {
        return Files.readString(figures());
    }

    BufferedReader open() throws IOException {
        return new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(rows())), UTF_8));
    }

    /// Keeps the ledger that runs on a data directory.
    void keep(Path data, EmbeddedServices services) throws IOException, SQLException {
        Files.createDirectories(folder);
        Files.writeString(heads(), Commands.run(data, "head"));
        Files.writeString(figures(), told(data, services));
        try (Connection owner = owner(services);
                var out = new GZIPOutputStream(Files.newOutputStream(rows()))) {
            LedgerDump.write(owner, out);
        }
    }

    /// The digests of each report that was issued, made again of the ledger alone, and what is open.
    static String told(Path data, EmbeddedServices services) throws SQLException {
        List<String> lines = new ArrayList<>();
        for (String[] issued : issued(services)) {
            String shown = Commands.run(data, "report", "show", issued[0], "--edition", issued[1]);
            JsonNode again =
                    JsonMapper.shared()
                            .readTree(
                                    Commands.run(
                                            data,
                                            "report",
                                            "show",
                                            issued[0],
                                            "--as-known-at",
                                            issued[2],
                                            "--since",
                                            issued[3]));
            String facts = again.required("facts_digest").stringValue();
            String history = again.required("history_digest").stringValue();
            assertThat(shown).contains(facts, history, issued[4]);
            lines.add(
                    "report of %s, edition %s, sequence %s, since %s".formatted((Object[]) issued));
            lines.add("  facts   " + facts);
            lines.add("  history " + history);
            lines.add("  seal    " + issued[4]);
        }
        Map<String, Integer> open = new TreeMap<>();
        for (JsonNode one :
                JsonMapper.shared()
                        .readTree(Commands.run(data, "mismatches", "--all", "--json"))
                        .required("mismatches")) {
            open.merge(one.required("code").stringValue(), 1, Integer::sum);
        }
        open.forEach((code, count) -> lines.add("open %s %d".formatted(code, count)));
        return String.join("\n", lines) + "\n";
    }

    private static List<String[]> issued(EmbeddedServices services) throws SQLException {
        try (Connection owner = owner(services);
                var statement = owner.createStatement();
                ResultSet row = statement.executeQuery(ISSUED)) {
            List<String[]> result = new ArrayList<>();
            while (row.next()) {
                String[] columns = new String[5];
                for (int i = 0; i < columns.length; i++) {
                    columns[i] = row.getString(i + 1);
                }
                result.add(columns);
            }
            return result;
        }
    }

    static Connection owner(EmbeddedServices services) throws SQLException {
        var found = services.addresses().database().orElseThrow();
        return DriverManager.getConnection(found.url(), found.user(), found.password());
    }
}
