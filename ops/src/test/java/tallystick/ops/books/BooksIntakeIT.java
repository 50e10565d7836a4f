package tallystick.ops.books;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tallystick.db.report.LedgerReading;
import tallystick.ingest.books.BooksPull;
import tallystick.ingest.books.IntakeState;
import tallystick.ingest.books.PullConfig;
import tallystick.ingest.publish.KafkaClients;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.Topic;
import tallystick.ops.config.SettingsReader;
import tallystick.ops.embedded.EmbeddedKafka;
import tallystick.ops.embedded.EmbeddedPostgres;
import tallystick.ops.pipeline.LiveRun;
import tallystick.ops.pipeline.Workplace;

/// One Postgres is both the ledger's and, in another database and under a user who may only read, the business's own.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(300)
class BooksIntakeIT {
    private static final String COLUMNS =
            """
            SELECT id AS entry_id, booked_at, booked_at::date AS value_date, 'receipt' AS kind,
                   'payment_hash:' || hash AS reference, amount AS amount_msat, 'income' AS account,
                   changed_at
              FROM sale
            """;

    private static final String BY_TIME = COLUMNS + "WHERE changed_at > ? ORDER BY changed_at";

    private Path directory = Path.of("");
    private Path query = Path.of("");
    private Path password = Path.of("");
    private EmbeddedKafka broker;
    private EmbeddedPostgres postgres;
    private KafkaConnection kafka;
    private BooksTopics topics;

    @BeforeAll
    void start(@TempDir Path shared) throws Exception {
        directory = shared;
        broker = EmbeddedKafka.start(directory.resolve("kafka"));
        kafka = new KafkaConnection(broker.bootstrapServers(), Map.of());
        postgres =
                EmbeddedPostgres.start(
                        directory.resolve("postgres"),
                        directory.resolve("postgres.log"),
                        Path.of("target", "cache").toAbsolutePath());
        try (var connection = owner(postgres.jdbcUrl())) {
            execute(connection, "CREATE DATABASE erp");
            execute(connection, "CREATE ROLE reader LOGIN PASSWORD 'only to read'");
        }
        try (var connection = owner(erp())) {
            execute(
                    connection,
                    """
                    CREATE TABLE sale (
                      number bigserial, id text, hash text, amount numeric(20, 2),
                      booked_at timestamptz, changed_at timestamptz)
                    """);
            execute(connection, "GRANT SELECT ON sale TO reader");
        }
    }

    @AfterAll
    void stop() {
        postgres.close();
        broker.close();
    }

    @BeforeEach
    void prepare(TestInfo test) throws Exception {
        String name = test.getTestMethod().orElseThrow().getName();
        topics = BooksTopics.make(kafka, name);
        query = directory.resolve(name + ".sql");
        password = directory.resolve(name + ".password");
        Files.writeString(password, "only to read\n");
        try (var connection = owner(erp())) {
            execute(connection, "TRUNCATE sale");
        }
    }

    @Test
    void entriesReachTheLedger() throws Exception {
        ask(BY_TIME);
        sale("sold", "21000.00", "10:00:00");
        topics.send(
                List.of(
                        BooksTopics.entry("sent").build().toByteArray(),
                        "not an entry".getBytes(UTF_8)));
        Map<String, String> flags = new HashMap<>();
        flags.put("data.directory", directory.resolve("data").toString());
        flags.put("kafka.bootstrap-servers", broker.bootstrapServers());
        flags.put("kafka.topic-prefix", topics.settings().prefix());
        flags.put("kafka.partitions", Integer.toString(topics.settings().partitions()));
        flags.put("database.url", postgres.jdbcUrl());
        flags.put("database.user", postgres.user());
        flags.put("database.password-file", postgres.passwordFile().toString());
        flags.put("books.pull.erp.url", erp());
        flags.put("books.pull.erp.user", "reader");
        flags.put("books.pull.erp.password-file", password.toString());
        flags.put("books.pull.erp.query-file", query.toString());
        flags.put("books.pull.erp.watermark-column", "changed_at");
        var settings =
                new SettingsReader(Map.of(), directory).read(Optional.empty(), flags).settings();

        LedgerReading reading;
        try (var workplace = Workplace.own(settings);
                var run = LiveRun.start(workplace)) {
            reading = run.once(Duration.ofMinutes(2), _ -> {});
        }

        assertThat(reading.pairs())
                .extracting(LedgerReading.Pair::reference)
                .containsExactlyInAnyOrder(reference("sold"), reference("sent"));
        assertThat(reading.pairs())
                .extracting(LedgerReading.Pair::bookedMsat)
                .containsOnly(21_000L);
        assertThat(topics.committed(Topic.QUARANTINE, 1)).hasSize(1);
    }

    @Test
    void readsRowsAlsoLateOnesAndGoesOnAfterARestart() throws Exception {
        ask(BY_TIME);
        sale("e1", "21000", "09:00:00");
        sale("e2", "22000.5", "10:00:00");
        sale("e3", "23000", "10:30:00.123456");
        try (var clients = KafkaClients.of(kafka);
                var pull = pull(clients, "changed_at")) {
            pull.start();
            take(pull);
            // Within ten minutes of the last one, and beyond.
            sale("late", "24000", "10:25:00");
            sale("too late", "25000", "10:15:00");
            take(pull);
            take(pull);

            assertThat(topics.bookedIds(3)).containsExactlyInAnyOrder("e1", "e3", "late");
            assertThat(pull.status().taken()).isEqualTo(3);
            assertThat(pull.status().quarantined()).isEqualTo(1);
        }
        var bad = topics.committed(Topic.QUARANTINE, 1).getFirst();
        assertThat(new String(bad.value(), UTF_8))
                .contains("\"entry_id\":\"e2\"", "\"amount_msat\":\"22000.5\"");
        assertThat(BooksTopics.header(bad, "tallystick_reason"))
                .isEqualTo("amount_msat: 22000.5 (expected: a whole number of msat)");

        sale("e4", "26000", "11:00:00");
        try (var clients = KafkaClients.of(kafka);
                var pull = pull(clients, "changed_at")) {
            pull.start();
            take(pull);

            // What lies in the overlap comes once more, which merges to nothing.
            assertThat(topics.bookedIds(6))
                    .containsExactlyInAnyOrder("e1", "e3", "late", "e3", "late", "e4");
        }
        assertThat(topics.committed(Topic.QUARANTINE, 1)).hasSize(1);
    }

    @Test
    void aNumberMayBeTheWatermark() throws Exception {
        ask(COLUMNS.replace("changed_at\n", "number\n") + "WHERE number > ? ORDER BY number");
        for (int i = 0; i < 5; i++) {
            sale("e" + i, "21000", "10:00:00");
        }
        try (var clients = KafkaClients.of(kafka);
                var pull = pull(clients, "number")) {
            pull.start();
            take(pull);
            sale("e5", "21000", "10:00:00");
            take(pull);

            assertThat(topics.bookedIds(6))
                    .containsExactlyInAnyOrder("e0", "e1", "e2", "e3", "e4", "e5");
        }
    }

    @Test
    void saysWhatIsWrongWithTheQuery() throws Exception {
        assertThat(
                        refusal(
                                "SELECT id AS entry_id, 1 AS acount, changed_at FROM sale WHERE changed_at > ?"))
                .startsWith(
                        "query of books/erp: missing columns: account, amount_msat, booked_at, kind, reference, value_date (expected: ")
                .contains("unknown columns: acount (expected: entry_id, ");
        assertThat(refusal(COLUMNS))
                .isEqualTo(
                        "query of books/erp: parameters: 0 (expected: one ?, as in WHERE changed_at > ?)");
        assertThat(refusal(BY_TIME.replace(", booked_at,", ", booked_at::timestamp AS booked_at,")))
                .contains("column booked_at: timestamp without a time zone (expected: timestamptz");
        assertThat(refusal(BY_TIME.replace("sale", "sales")))
                .contains("relation \"sales\" does not exist", "SQLSTATE 42P01");
        assertThat(refusal(BY_TIME + " FOR UPDATE")).contains("SQLSTATE 25006");
        assertThat(refusal("DELETE FROM sale WHERE changed_at > ?"))
                .contains("no rows (expected: a SELECT)");
        Files.delete(query);
        try (var clients = KafkaClients.of(kafka);
                var pull = pull(clients, "changed_at")) {
            pull.start();
            assertThatThrownBy(() -> take(pull))
                    .hasMessageContaining("cannot be read (expected: a file with a SELECT)");
        }
    }

    @Test
    void mendsItselfWhenThePasswordIsRight() throws Exception {
        ask(BY_TIME);
        sale("e1", "21000", "10:00:00");
        Files.writeString(password, "wrong");
        try (var clients = KafkaClients.of(kafka);
                var pull = pull(clients, "changed_at")) {
            pull.start();
            assertThatThrownBy(() -> take(pull)).hasMessageContaining("SQLSTATE 28P01");
            assertThat(pull.status().state()).isEqualTo(IntakeState.REFUSED);
            assertThat(pull.status().reason()).doesNotContain("wrong");

            Files.writeString(password, "only to read");
            take(pull);
            assertThat(topics.bookedIds(1)).containsExactly("e1");
            assertThat(pull.status().state()).isEqualTo(IntakeState.LIVE);
        }
    }

    @Test
    void aSlowQueryIsBrokenOff() throws Exception {
        sale("e1", "21000", "10:00:00");
        ask(BY_TIME.replace("WHERE", "WHERE pg_sleep(60) IS NOT NULL AND"));
        try (var clients = KafkaClients.of(kafka);
                var pull = pull(clients, "changed_at")) {
            pull.start();
            assertThatThrownBy(() -> take(pull))
                    .hasMessageContaining("canceling statement due to statement timeout");
        }
    }

    private String refusal(String sql) throws Exception {
        ask(sql);
        try (var clients = KafkaClients.of(kafka);
                var pull = pull(clients, "changed_at")) {
            pull.start();
            assertThatThrownBy(() -> take(pull)).isNotNull();
            assertThat(pull.status().state()).isEqualTo(IntakeState.REFUSED);
            return pull.status().reason();
        }
    }

    private static void take(BooksPull pull) throws Exception {
        pull.takeNow().get(60, TimeUnit.SECONDS);
    }

    private BooksPull pull(KafkaClients clients, String watermark) {
        var config =
                new PullConfig(
                        "erp",
                        erp(),
                        "reader",
                        Optional.of(password),
                        query,
                        watermark,
                        Duration.ofDays(1),
                        Duration.ofMinutes(10),
                        1,
                        2,
                        Duration.ofSeconds(2));
        return new BooksPull(config, clients, topics.settings(), InstantSource.system());
    }

    private void ask(String sql) throws IOException {
        Files.writeString(query, sql + ";\n");
    }

    private void sale(String id, String amount, String time) throws Exception {
        try (var connection = owner(erp())) {
            execute(
                    connection,
                    """
                    INSERT INTO sale (id, hash, amount, booked_at, changed_at)
                    VALUES ('%s', '%s', %s, '2026-01-22 %s+01', '2026-01-22 %s+00')
                    """
                            .formatted(id, BooksTopics.hash(id), amount, time, time));
        }
    }

    private static String reference(String id) {
        return "payment_hash:" + BooksTopics.hash(id);
    }

    private String erp() {
        return "jdbc:postgresql://127.0.0.1:%d/erp".formatted(postgres.port());
    }

    private Connection owner(String url) throws SQLException, IOException {
        return DriverManager.getConnection(
                url, postgres.user(), Files.readString(postgres.passwordFile()).strip());
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
