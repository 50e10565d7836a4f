package tallystick.ops.embedded;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One Kafka broker inside this program, which is also its own controller, on 127.0.0.1 only, with its data in a directory
/// of ours. This class alone knows Kafka's inner classes.
///
/// A record that the broker has acknowledged is in the operating system's hands, so it outlives this program however that
/// ends; only a loss of the whole machine can lose the last ones.
///
/// One thread.
public final class EmbeddedKafka implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedKafka.class);

    private static final int NODE = 1;
    private static final int CLEANER_BYTES = 4 * 1024 * 1024;

    /// A port may be taken between the choice and the start; twice in a row is no accident.
    private static final int START_ATTEMPTS = 2;

    private final KafkaRaftServer server;
    private final int port;

    private EmbeddedKafka(KafkaRaftServer server, int port) {
        this.server = server;
        this.port = port;
    }

    /// Starts the broker, after formatting its directory if it is new.
    ///
    /// @param home the broker's directory; the caller has it for itself
    public static EmbeddedKafka start(Path home) {
        return start(home, Optional.empty());
    }

    /// Starts the broker again where it was before, so that clients find it.
    public static EmbeddedKafka startAgain(Path home, String bootstrapServers) {
        return start(
                home,
                Optional.of(
                        Integer.valueOf(
                                bootstrapServers.substring(
                                        bootstrapServers.lastIndexOf(':') + 1))));
    }

    private static EmbeddedKafka start(Path home, Optional<Integer> port) {
        try {
            DataDirectory.makePrivate(home);
            Path logs = Files.createDirectories(home.resolve("logs"));
            String clusterId = clusterId(home);
            for (int attempt = 1; ; attempt++) {
                Optional<EmbeddedKafka> started = tryStart(logs, clusterId, port, attempt);
                if (started.isPresent()) {
                    return started.get();
                }
            }
        } catch (IOException e) {
            throw new EmbeddedException("embedded Kafka: %s: %s".formatted(home, e), e);
        }
    }

    public String bootstrapServers() {
        return "127.0.0.1:" + port;
    }

    /// Stops the broker in order: sessions end, logs are written out.
    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
    }

    private static Optional<EmbeddedKafka> tryStart(
            Path logs, String clusterId, Optional<Integer> wanted, int attempt) throws IOException {
        // The controller's port is part of the configuration only, so that other ports at the next
        // start do no harm.
        List<Integer> ports = FreePorts.take(2);
        int port = wanted.orElse(ports.getFirst());
        Properties properties = properties(logs, port, ports.getLast());
        format(logs, clusterId);
        var server = new KafkaRaftServer(new KafkaConfig(properties, false), Time.SYSTEM);
        try {
            server.startup();
            return Optional.of(new EmbeddedKafka(server, port));
        } catch (RuntimeException e) {
            server.shutdown();
            if (attempt >= START_ATTEMPTS) {
                throw new EmbeddedException(
                        "embedded Kafka: does not start on %s: %s".formatted(logs, e.getMessage()),
                        e);
            }
            LOG.atWarn().setCause(e).log("embedded Kafka did not start; trying other ports");
            return Optional.empty();
        }
    }

    /// Written once, before the first start, so that a death half-way formats again with the same id.
    private static String clusterId(Path home) throws IOException {
        Path file = home.resolve("cluster-id");
        if (!Files.exists(file)) {
            Path unfinished = home.resolve("cluster-id.new");
            Files.writeString(unfinished, Uuid.randomUuid() + "\n");
            Files.move(unfinished, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        }
        return Files.readString(file).strip();
    }

    static void format(Path logs, String clusterId) {
        var said = new ByteArrayOutputStream();
        try {
            new Formatter()
                    .setPrintStream(new PrintStream(said, true, StandardCharsets.UTF_8))
                    .setClusterId(clusterId)
                    .setNodeId(NODE)
                    .addDirectory(logs.toString())
                    .setMetadataLogDirectory(logs.toString())
                    .setControllerListenerName("CONTROLLER")
                    .setReleaseVersion(MetadataVersion.latestProduction())
                    .setIgnoreFormatted(true)
                    .run();
        } catch (Exception e) {
            throw new EmbeddedException(
                    "embedded Kafka: cannot format %s: %s".formatted(logs, e.getMessage()), e);
        }
        LOG.atDebug().addKeyValue("said", said).log("embedded Kafka formatted");
    }

    static Properties properties(Path logs, int port, int controllerPort) {
        Map<String, String> settings = new HashMap<>();
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", Integer.toString(NODE));
        settings.put("controller.quorum.voters", NODE + "@127.0.0.1:" + controllerPort);
        settings.put("controller.listener.names", "CONTROLLER");
        settings.put("inter.broker.listener.name", "BROKER");
        settings.put("listener.security.protocol.map", "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT");
        settings.put(
                "listeners",
                "BROKER://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d".formatted(port, controllerPort));
        settings.put("advertised.listeners", "BROKER://127.0.0.1:" + port);
        settings.put("log.dirs", logs.toString());
        settings.put("auto.create.topics.enable", "false");
        settings.put("log.cleaner.enable", "true");

        // One broker keeps one copy, and few partitions of its own topics, so that it starts
        // quickly.
        settings.put("default.replication.factor", "1");
        settings.put("offsets.topic.replication.factor", "1");
        settings.put("offsets.topic.num.partitions", "1");
        settings.put("transaction.state.log.replication.factor", "1");
        settings.put("transaction.state.log.min.isr", "1");
        settings.put("transaction.state.log.num.partitions", "2");
        // Of compaction; by itself the broker would hold 128 MiB for it all its life.
        settings.put("log.cleaner.dedupe.buffer.size", Integer.toString(CLEANER_BYTES));
        settings.put("share.coordinator.state.topic.replication.factor", "1");
        settings.put("share.coordinator.state.topic.min.isr", "1");
        settings.put("share.coordinator.state.topic.num.partitions", "1");

        // Nobody else is waited for: one member makes a group, one voter makes a quorum.
        settings.put("group.initial.rebalance.delay.ms", "0");
        settings.put("controller.quorum.election.timeout.ms", "100");
        settings.put("controller.quorum.election.backoff.max.ms", "100");
        settings.put("initial.broker.registration.timeout.ms", "60000");

        // After a sudden death the new start waits until the controller, which remembers the broker
        // of before, takes that one for gone.
        settings.put("broker.session.timeout.ms", "3000");
        settings.put("broker.heartbeat.interval.ms", "500");
        var properties = new Properties();
        properties.putAll(settings);
        return properties;
    }
}
