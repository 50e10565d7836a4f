package tallystick.ops.acceptance;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

/// A broker and a database as others run them, each in a container of an image that `ops/deploy/containers/build.sh` made.
/// Both listen on 127.0.0.1 only.
record Containers(KafkaContainer kafka, GenericContainer<?> postgres) implements AutoCloseable {
    /// To find those of a test run that was killed: `docker ps --filter label=tallystick.test`.
    private static final String LABEL = "tallystick.test";

    private static final int KAFKA_PORT = 9092;
    private static final int POSTGRES_PORT = 5432;

    private static final String SUPERUSER = "postgres";
    private static final String PASSWORD = "in a container that lives for a minute";

    static Containers start() {
        if (!DockerClientFactory.instance().isDockerAvailable()) {
            throw new IllegalStateException(
                    "container tests did NOT run: no Docker daemon answers (expected: one, as ./tallystick test --containers explains)");
        }
        var containers = new Containers(newKafka(), newPostgres());
        try {
            containers.startBoth();
            return containers;
        } catch (RuntimeException e) {
            containers.close();
            throw e;
        }
    }

    /// Tells who waits in front of the test run.
    static void say(String text) {
        System.out.println("containers: " + text);
    }

    String bootstrapServers() {
        return kafka.getBootstrapServers();
    }

    String databaseUrl(String database) {
        return "jdbc:postgresql://%s:%d/%s"
                .formatted(postgres.getHost(), postgres.getMappedPort(POSTGRES_PORT), database);
    }

    /// Connects as one who may do everything, as who runs a database server does.
    Connection connectAsSuperuser() throws SQLException {
        return DriverManager.getConnection(databaseUrl(SUPERUSER), SUPERUSER, PASSWORD);
    }

    @Override
    public void close() {
        say("stopping Kafka and PostgreSQL");
        kafka.stop();
        postgres.stop();
    }

    private void startBoth() {
        say("starting Kafka, image %s".formatted(kafka.getDockerImageName()));
        kafka.start();
        say("starting PostgreSQL, image %s".formatted(postgres.getDockerImageName()));
        postgres.start();
        say("Kafka at %s, PostgreSQL at %s".formatted(bootstrapServers(), databaseUrl(SUPERUSER)));
    }

    private static KafkaContainer newKafka() {
        var kafka =
                new KafkaContainer(
                        DockerImageName.parse(image("kafka"))
                                .asCompatibleSubstituteFor("apache/kafka"));
        kafka.withLabel(LABEL, "kafka");
        kafka.setPortBindings(List.of(onLoopback(KAFKA_PORT)));
        return kafka;
    }

    private static GenericContainer<?> newPostgres() {
        var postgres = new GenericContainer<>(DockerImageName.parse(image("postgres")));
        postgres.withLabel(LABEL, "postgres");
        postgres.withExposedPorts(POSTGRES_PORT);
        postgres.setPortBindings(List.of(onLoopback(POSTGRES_PORT)));
        postgres.withEnv(Map.of("POSTGRES_USER", SUPERUSER, "POSTGRES_PASSWORD", PASSWORD));
        postgres.waitingFor(
                Wait.forLogMessage(".*database system is ready to accept connections.*", 1));
        return postgres;
    }

    private static String image(String name) {
        return requireNonNull(
                System.getProperty("tallystick.image." + name), "set by the profile containers");
    }

    /// A free port, on no other address.
    private static String onLoopback(int port) {
        return "127.0.0.1::" + port;
    }
}
