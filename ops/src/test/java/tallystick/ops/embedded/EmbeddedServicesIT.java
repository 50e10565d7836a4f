package tallystick.ops.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.kafka.KafkaConnection;

class EmbeddedServicesIT {
    static final Set<EmbeddedServices.Service> BOTH = EnumSet.allOf(EmbeddedServices.Service.class);

    private static final String TOPIC = "kept";

    @TempDir Path directory;

    @Test
    void keepDataOverARestart() throws Exception {
        try (var data = DataDirectory.take(directory.resolve("data"));
                var services = EmbeddedServices.start(data, cache(), BOTH)) {
            createTopic(kafka(services));
            send(kafka(services), "first");
            execute(services, "CREATE TABLE kept (value text)");
            execute(services, "INSERT INTO kept VALUES ('first')");
        }

        try (var data = DataDirectory.take(directory.resolve("data"));
                var services = EmbeddedServices.start(data, cache(), BOTH)) {
            send(kafka(services), "second");
            execute(services, "INSERT INTO kept VALUES ('second')");

            assertThat(read(kafka(services), 2)).containsExactly("first", "second");
            assertThat(count(services)).isEqualTo(2);
        }
    }

    @Test
    void runNoLongerWhenTheirStartIsInterrupted() throws Exception {
        try (var data = DataDirectory.take(directory.resolve("data"))) {
            Thread.currentThread().interrupt();

            assertThatThrownBy(() -> EmbeddedServices.start(data, cache(), BOTH))
                    .isInstanceOf(InterruptedException.class);
        }

        assertThat(directory.resolve("data/postgres/data/PG_VERSION")).exists();
        assertThat(directory.resolve("data/postgres/data/postmaster.pid")).doesNotExist();
    }

    @Test
    void areReachedFromThisMachineAndByThisUserOnly() throws Exception {
        Path home = directory.resolve("private");
        // As if somebody had made the directory, with what others may read in it.
        Files.createDirectories(home.resolve("postgres"));
        Files.createDirectories(home.resolve("kafka"));
        for (String open : List.of("", "postgres", "kafka")) {
            Files.setPosixFilePermissions(
                    home.resolve(open), PosixFilePermissions.fromString("rwxr-xr-x"));
        }

        try (var data = DataDirectory.take(home);
                var services = EmbeddedServices.start(data, cache(), BOTH)) {
            Path postgres = home.resolve("postgres");
            assertThat(permissions(postgres)).isEqualTo("rwx------");
            assertThat(permissions(postgres.resolve("data"))).isEqualTo("rwx------");
            assertThat(permissions(postgres.resolve("password"))).isEqualTo("rw-------");
            assertThat(permissions(home.resolve("kafka"))).isEqualTo("rwx------");

            var database = database(services);
            assertThat(database.password()).hasSizeGreaterThanOrEqualTo(32);
            assertThatThrownBy(
                            () ->
                                    DriverManager.getConnection(
                                            database.url(), database.user(), "guessed"))
                    .isInstanceOf(SQLException.class)
                    .hasMessageContaining("password authentication failed");

            List<InetSocketAddress> sockets = new ArrayList<>();
            sockets.addAll(ListeningSockets.of(ProcessHandle.current().pid()));
            String pid = Files.readAllLines(postgres.resolve("data/postmaster.pid")).getFirst();
            sockets.addAll(ListeningSockets.of(Long.parseLong(pid)));
            assertThat(sockets)
                    .extracting(InetSocketAddress::getPort)
                    .contains(port(kafka(services).bootstrapServers()), port(database.url()));
            assertThat(sockets)
                    .extracting(InetSocketAddress::getAddress)
                    .allMatch(InetAddress::isLoopbackAddress);
        }
    }

    private static int port(String address) {
        return Integer.parseInt(address.replaceAll(".*:(\\d+).*", "$1"));
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    /// The program dies without a word; its Postgres stays behind.
    @Test
    void areTakenOverFromAProgramThatWasKilled() throws Exception {
        Path home = directory.resolve("killed");
        Process other = OtherProgram.start(home, cache());
        String url = OtherProgram.awaitReady(other);
        other.destroyForcibly().waitFor();
        assertThat(url).startsWith("jdbc:postgresql://127.0.0.1:");

        try (var data = DataDirectory.take(home);
                var services = EmbeddedServices.start(data, cache(), BOTH)) {
            assertThat(count(services)).isEqualTo(1);
            assertThat(read(kafka(services), 1)).containsExactly("from the other");
            assertThatThrownBy(() -> connect(url, services)).isInstanceOf(SQLException.class);
        }
    }

    @Test
    void refuseADirectoryThatAnotherProgramUses() throws Exception {
        Path home = directory.resolve("shared");

        try (var _ = DataDirectory.take(home)) {
            assertThatThrownBy(() -> DataDirectory.take(home))
                    .isInstanceOf(EmbeddedException.class)
                    .hasMessageContaining("used by another running Tallystick");
        }
        DataDirectory.take(home).close();
    }

    static void createTopic(KafkaConnection kafka) throws InterruptedException, ExecutionException {
        try (var admin = Admin.create(kafka.adminProperties())) {
            admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
        }
    }

    static void send(KafkaConnection kafka, String value) {
        try (var producer =
                new KafkaProducer<byte[], byte[]>(kafka.producerProperties("kept-by-one"))) {
            producer.initTransactions();
            producer.beginTransaction();
            var _ = producer.send(new ProducerRecord<>(TOPIC, value.getBytes(UTF_8)));
            producer.commitTransaction();
        }
    }

    private static List<String> read(KafkaConnection kafka, int count) {
        var partition = new TopicPartition(TOPIC, 0);
        try (var consumer = new KafkaConsumer<byte[], byte[]>(kafka.consumerProperties("reader"))) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            var values = new ArrayList<String>();
            while (values.size() < count) {
                consumer.poll(Duration.ofSeconds(1))
                        .forEach(r -> values.add(new String(r.value(), UTF_8)));
            }
            return values;
        }
    }

    static void execute(EmbeddedServices services, String sql) throws SQLException {
        try (var connection = connect(database(services).url(), services);
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static long count(EmbeddedServices services) throws SQLException {
        try (var connection = connect(database(services).url(), services);
                var statement = connection.createStatement();
                var rows = statement.executeQuery("SELECT count(*) FROM kept")) {
            rows.next();
            return rows.getLong(1);
        }
    }

    private static Connection connect(String url, EmbeddedServices services) throws SQLException {
        return DriverManager.getConnection(
                url, database(services).user(), database(services).password());
    }

    static KafkaConnection kafka(EmbeddedServices services) {
        return new KafkaConnection(services.addresses().bootstrapServers().orElseThrow(), Map.of());
    }

    static ServiceAddresses.Database database(EmbeddedServices services) {
        return services.addresses().database().orElseThrow();
    }

    private static Path cache() {
        return Path.of("target", "cache").toAbsolutePath();
    }
}
