package tallystick.ops.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.utils.Time;

/// A broker as companies run it, on 127.0.0.1: it can be entered with a client certificate, with a SCRAM password, or with
/// a token, each on a port of its own.
final class SecuredKafka implements AutoCloseable {
    static final String USER = "tallystick";
    static final String PASSWORD = "a-password-that-no-log-may-hold";

    private static final String SCRAM_LOGIN =
            "org.apache.kafka.common.security.scram.ScramLoginModule";
    private static final String OAUTH = "org.apache.kafka.common.security.oauthbearer.OAuthBearer";
    private static final int SCRAM_ITERATIONS = 4096;

    private final Path directory;
    private final KafkaRaftServer server;
    private final List<Integer> ports;

    private SecuredKafka(Path directory, KafkaRaftServer server, List<Integer> ports) {
        this.directory = directory;
        this.server = server;
        this.ports = ports;
    }

    static SecuredKafka start(Path directory, TokenIssuer issuer) throws Exception {
        for (String file : List.of("ca.pem", "broker.pem", "client.pem")) {
            try (InputStream input = SecuredKafka.class.getResourceAsStream("/tls/" + file)) {
                Files.write(directory.resolve(file), Objects.requireNonNull(input).readAllBytes());
            }
        }
        List<Integer> ports = FreePorts.take(5);
        Path logs = Files.createDirectories(directory.resolve("logs"));
        EmbeddedKafka.format(logs, "AAAAAAAAAAAAAAAAAAAAAA");
        Properties properties = EmbeddedKafka.properties(logs, ports.getFirst(), ports.getLast());
        properties.putAll(listeners(directory, ports, issuer));
        var server = new KafkaRaftServer(new KafkaConfig(properties, false), Time.SYSTEM);
        server.startup();
        var secured = new SecuredKafka(directory, server, ports);
        secured.addUser();
        return secured;
    }

    String withCertificate() {
        return address(1);
    }

    String withPassword() {
        return address(2);
    }

    String withToken() {
        return address(3);
    }

    /// Of the authority that signed the broker's certificate.
    Path authority() {
        return directory.resolve("ca.pem");
    }

    /// Key and certificate of a client.
    Path client() {
        return directory.resolve("client.pem");
    }

    static String scramLogin(String password) {
        return "%s required username=\"%s\" password=\"%s\";"
                .formatted(SCRAM_LOGIN, USER, password);
    }

    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
    }

    private String address(int listener) {
        return "127.0.0.1:" + ports.get(listener);
    }

    private void addUser() throws InterruptedException, ExecutionException {
        try (var admin = Admin.create(Map.of("bootstrap.servers", address(0)))) {
            admin.alterUserScramCredentials(
                            List.of(
                                    new UserScramCredentialUpsertion(
                                            USER,
                                            new ScramCredentialInfo(
                                                    ScramMechanism.SCRAM_SHA_512, SCRAM_ITERATIONS),
                                            PASSWORD.getBytes(UTF_8))))
                    .all()
                    .get();
        }
    }

    private static Map<String, String> listeners(
            Path directory, List<Integer> ports, TokenIssuer issuer) throws IOException {
        return Map.ofEntries(
                Map.entry(
                        "listeners",
                        "BROKER://127.0.0.1:%d,MTLS://127.0.0.1:%d,SCRAM://127.0.0.1:%d,TOKEN://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d"
                                .formatted(ports.toArray())),
                Map.entry(
                        "advertised.listeners",
                        "BROKER://127.0.0.1:%d,MTLS://127.0.0.1:%d,SCRAM://127.0.0.1:%d,TOKEN://127.0.0.1:%d"
                                .formatted(ports.toArray())),
                Map.entry(
                        "listener.security.protocol.map",
                        "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT,MTLS:SSL,SCRAM:SASL_SSL,TOKEN:SASL_SSL"),
                Map.entry("ssl.keystore.type", "PEM"),
                Map.entry("ssl.keystore.location", directory.resolve("broker.pem").toString()),
                Map.entry("ssl.truststore.type", "PEM"),
                Map.entry("ssl.truststore.location", directory.resolve("ca.pem").toString()),
                Map.entry("listener.name.mtls.ssl.client.auth", "required"),
                Map.entry("listener.name.scram.sasl.enabled.mechanisms", "SCRAM-SHA-512"),
                Map.entry(
                        "listener.name.scram.scram-sha-512.sasl.jaas.config",
                        SCRAM_LOGIN + " required;"),
                Map.entry("listener.name.token.sasl.enabled.mechanisms", "OAUTHBEARER"),
                Map.entry(
                        "listener.name.token.oauthbearer.sasl.jaas.config",
                        OAUTH + "LoginModule required;"),
                Map.entry(
                        "listener.name.token.oauthbearer.sasl.server.callback.handler.class",
                        OAUTH + "ValidatorCallbackHandler"),
                Map.entry(
                        "listener.name.token.oauthbearer.sasl.oauthbearer.jwks.endpoint.url",
                        issuer.keys()),
                Map.entry(
                        "listener.name.token.oauthbearer.sasl.oauthbearer.expected.audience",
                        TokenIssuer.AUDIENCE));
    }
}
