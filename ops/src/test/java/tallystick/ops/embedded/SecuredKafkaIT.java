package tallystick.ops.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.Refusal;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicAdmin;
import tallystick.kafka.TopicException;
import tallystick.kafka.TopicSettings;
import tallystick.ops.config.Resolved;
import tallystick.ops.config.SettingsReader;

/// Each way in, with the settings as a company writes them into its file: Admin, producer and consumer.
@Timeout(120)
class SecuredKafkaIT {
    private static final String BOOKS = "tallystick.books.v1";
    private static final String ALLOWED_URLS = "org.apache.kafka.sasl.oauthbearer.allowed.urls";

    @TempDir private static Path directory;
    private static TokenIssuer issuer;
    private static SecuredKafka broker;

    @BeforeAll
    static void startBroker() throws Exception {
        issuer = new TokenIssuer(directory);
        // The broker, which is in this program too, must be allowed to read the issuer's key.
        System.setProperty(ALLOWED_URLS, issuer.keys());
        broker = SecuredKafka.start(directory, issuer);
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
        System.clearProperty(ALLOWED_URLS);
    }

    @Test
    void aClientCertificateLetsIn() throws Exception {
        String trust = trust("SSL");

        everyClientWorks(
                configured(
                        broker.withCertificate(),
                        trust
                                + """
                                ssl.keystore.type=PEM
                                ssl.keystore.location=%s
                                """
                                        .formatted(broker.client())));
        refused(broker.withCertificate(), trust, "certificate_required");
    }

    @Test
    void aScramPasswordLetsIn() throws Exception {
        everyClientWorks(configured(broker.withPassword(), scram(SecuredKafka.PASSWORD)));
    }

    @Test
    void aTokenLetsIn() throws Exception {
        everyClientWorks(configured(broker.withToken(), token(issuer)));
        Path elsewhere = Files.createDirectories(directory.resolve("elsewhere"));
        refused(broker.withToken(), token(new TokenIssuer(elsewhere)), "invalid_token");
    }

    @Test
    void aWrongPasswordIsRefusedAtOnceByEveryClient() throws Exception {
        KafkaConnection wrong =
                refused(broker.withPassword(), scram("wrong"), "invalid credentials");

        try (var producer = new KafkaProducer<byte[], byte[]>(wrong.producerProperties("x"))) {
            assertThatThrownBy(producer::initTransactions)
                    .satisfies(failure -> assertThat(Refusal.is(failure)).isTrue());
        }
        try (var consumer = new KafkaConsumer<byte[], byte[]>(wrong.consumerProperties("x"))) {
            consumer.assign(List.of(new TopicPartition("any", 0)));
            assertThatThrownBy(() -> consumer.endOffsets(consumer.assignment()))
                    .isInstanceOf(SaslAuthenticationException.class);
        }
    }

    @Test
    void anUnknownAuthorityAndUnreadableFilesAreRefused() throws Exception {
        refused(
                broker.withPassword(),
                scram(SecuredKafka.PASSWORD).replaceAll("(?m)^ssl\\.truststore.*$", ""),
                "unable to find valid certification path");
        refused(
                broker.withPassword(),
                scram(SecuredKafka.PASSWORD).replace("ca.pem", "absent.pem"),
                "absent.pem");
    }

    @Test
    void noPasswordIsPrinted() throws Exception {
        var logger = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        var events = new ListAppender<ILoggingEvent>();
        events.start();
        logger.addAppender(events);
        try {
            KafkaConnection connection =
                    configured(broker.withPassword(), scram(SecuredKafka.PASSWORD));
            new TopicAdmin(connection, TopicSettings.defaults()).list();

            assertThat(connection.toString()).doesNotContain(SecuredKafka.PASSWORD);
            assertThat(List.copyOf(events.list))
                    .extracting(ILoggingEvent::getFormattedMessage)
                    .noneMatch(message -> message.contains(SecuredKafka.PASSWORD));
        } finally {
            logger.detachAppender(events);
        }
    }

    private static void everyClientWorks(KafkaConnection connection) throws Exception {
        TopicSettings topics = TopicSettings.defaults();
        var admin = new TopicAdmin(connection, topics);
        admin.createAbsent();
        assertThat(admin.list()).hasSize(Topic.values().length);

        var partition = new TopicPartition(BOOKS, 0);
        long before;
        try (var consumer =
                new KafkaConsumer<byte[], byte[]>(connection.consumerProperties("reader"))) {
            consumer.assign(List.of(partition));
            consumer.seekToEnd(List.of(partition));
            before = consumer.position(partition);
            send(connection, partition);

            List<String> read = new ArrayList<>();
            while (read.isEmpty()) {
                consumer.poll(Duration.ofSeconds(1))
                        .forEach(r -> read.add(new String(r.value(), UTF_8)));
            }
            assertThat(read).containsExactly("let in");
            assertThat(consumer.position(partition)).isGreaterThan(before);
        }
    }

    private static void send(KafkaConnection connection, TopicPartition partition) {
        try (var producer =
                new KafkaProducer<byte[], byte[]>(connection.producerProperties("let-in"))) {
            producer.initTransactions();
            producer.beginTransaction();
            var _ =
                    producer.send(
                            new ProducerRecord<>(
                                    partition.topic(),
                                    partition.partition(),
                                    null,
                                    "let in".getBytes(UTF_8)));
            producer.commitTransaction();
        }
    }

    private static KafkaConnection refused(String servers, String properties, String reason)
            throws IOException {
        KafkaConnection connection = configured(servers, properties);

        assertThatThrownBy(() -> new TopicAdmin(connection, TopicSettings.defaults()).list())
                .isInstanceOf(TopicException.class)
                .satisfies(failure -> assertThat(Refusal.is(failure)).isTrue())
                .hasMessageContaining(reason)
                .hasMessageContaining("(expected: in kafka.properties-file");
        return connection;
    }

    /// Through the settings, as the program does it.
    private static KafkaConnection configured(String servers, String properties)
            throws IOException {
        Path file = Files.writeString(directory.resolve("client.properties"), properties);
        var settings =
                new SettingsReader(Map.of(), directory)
                        .read(
                                Optional.empty(),
                                Map.of(
                                        "kafka.bootstrap-servers",
                                        servers,
                                        "kafka.properties-file",
                                        file.toString()))
                        .settings();
        return Resolved.kafka(settings).orElseThrow();
    }

    private static String trust(String protocol) {
        return """
               security.protocol=%s
               ssl.truststore.type=PEM
               ssl.truststore.location=%s
               """
                .formatted(protocol, broker.authority());
    }

    private static String scram(String password) {
        return trust("SASL_SSL")
                + """
                  sasl.mechanism=SCRAM-SHA-512
                  sasl.jaas.config=%s
                  """
                        .formatted(SecuredKafka.scramLogin(password));
    }

    private static String token(TokenIssuer from) throws Exception {
        return trust("SASL_SSL")
                + """
                  sasl.mechanism=OAUTHBEARER
                  sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;
                  sasl.login.callback.handler.class=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler
                  sasl.oauthbearer.token.endpoint.url=%s
                  """
                        .formatted(from.token(SecuredKafka.USER, Instant.now()));
    }
}
