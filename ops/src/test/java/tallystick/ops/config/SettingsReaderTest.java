package tallystick.ops.config;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.smallrye.config.ConfigMappings.ConfigClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tallystick.ingest.NodeConfig;

class SettingsReaderTest {
    @TempDir Path directory;

    @Test
    void defaultsNeedNothing() {
        var settings = reader(Map.of()).read(Optional.empty(), Map.of()).settings();

        assertThat(settings.ledger().timeZone()).isEqualTo(ZoneId.of("UTC"));
        assertThat(settings.kafka().bootstrapServers()).isEmpty();
        assertThat(settings.kafka().partitions()).isEqualTo(4);
        assertThat(settings.rules().graceBooks()).isEqualTo(Duration.ofMinutes(5));
        assertThat(settings.nodes()).isEmpty();
    }

    @Test
    void flagsWinOverTheEnvironmentAndThatOverTheFile() throws IOException {
        write(
                "tallystick.properties",
                "ledger.name=file\nkafka.topic-prefix=file\nkafka.partitions=7\n");
        var environment =
                Map.of(
                        "TALLYSTICK_LEDGER_NAME",
                        "environment",
                        "TALLYSTICK_KAFKA_TOPIC_PREFIX",
                        "environment");

        var read = reader(environment).read(Optional.empty(), Map.of("ledger.name", "flag"));

        assertThat(read.settings().ledger().name()).isEqualTo("flag");
        assertThat(read.settings().kafka().topicPrefix()).isEqualTo("environment");
        assertThat(read.settings().kafka().partitions()).isEqualTo(7);
        assertThat(read.origins()).containsEntry("ledger.name", "--set");
    }

    @Test
    void nodesAreNamedByAlias() throws IOException {
        Path certificate = write("tls.cert", "x");
        Path macaroon = write("readonly.macaroon", "x");
        Path file =
                write(
                        "nodes.properties",
                        """
                        nodes.alice.address=127.0.0.1:10009
                        nodes.alice.tls-certificate=%s
                        nodes.alice.macaroon=%s
                        """
                                .formatted(certificate, macaroon));
        var environment = Map.of("TALLYSTICK_NODES_ALICE_NETWORK", "regtest");

        var settings = reader(environment).read(Optional.of(file), Map.of()).settings();

        var alice = requireNonNull(settings.nodes().get("alice"));
        assertThat(alice.address()).isEqualTo("127.0.0.1:10009");
        assertThat(alice.network()).isEqualTo("regtest");
    }

    @Test
    void pullsAreNamedToo() throws IOException {
        Path query = write("erp.sql", "SELECT");
        var flags =
                Map.of(
                        "books.pull.erp.url", "jdbc:postgresql://127.0.0.1:5432/erp",
                        "books.pull.erp.user", "reader",
                        "books.pull.erp.query-file", query.toString(),
                        "books.inbox.enabled", "false");
        var environment =
                Map.of(
                        "TALLYSTICK_BOOKS_PULL_ERP_WATERMARK_COLUMN",
                        "Changed_At",
                        "TALLYSTICK_BOOKS_PULL_ERP_OVERLAP_NUMBERS",
                        "7");

        var settings = reader(environment).read(Optional.empty(), flags).settings();

        var books = Resolved.books(settings);
        assertThat(books.inbox()).isFalse();
        var pull = books.pulls().getFirst();
        assertThat(pull.source()).isEqualTo("erp");
        assertThat(pull.watermarkColumn()).isEqualTo("changed_at");
        assertThat(pull.overlapNumbers()).isEqualTo(7);
        assertThat(pull.overlap()).isEqualTo(Duration.ofMinutes(10));
    }

    @Test
    void pullsAreChecked() throws IOException {
        Path query = write("erp.sql", "SELECT");
        Path file =
                write(
                        "bad.properties",
                        """
                        books.inbox.enabled=perhaps
                        books.pull.erp.urls=x
                        books.pull.erp.url=jdbc:postgresql://h/erp?password=secret
                        books.pull.erp.user=reader
                        books.pull.erp.query-file=%s
                        books.pull.erp.watermark-column=id
                        """
                                .formatted(query));
        var exception =
                catchThrowableOfType(
                        ConfigurationException.class,
                        () -> reader(Map.of()).read(Optional.of(file), Map.of()));
        assertThat(exception.errors())
                .containsExactlyInAnyOrder(
                        file
                                + ": books.pull.erp.urls is no setting (expected: did you mean books.pull.erp.url?)",
                        "books.inbox.enabled: perhaps (expected: true or false)",
                        "books.pull.erp.url: holds a password (expected: the password in the file that books.pull.erp.password-file names)");

        assertThatThrownBy(
                        () ->
                                reader(Map.of())
                                        .read(
                                                Optional.of(file),
                                                Map.of("books.inbox.enabled", "true")))
                .hasMessageContaining(
                        "books.pull.erp.url: holds a password (expected: the password in the file that books.pull.erp.password-file names)")
                .hasMessageNotContaining("secret");
    }

    @Test
    void allErrorsAreToldAtOnce() throws IOException {
        Path file =
                write(
                        "bad.properties",
                        """
                        kafka.partition=4
                        kafka.replication=many
                        ledger.time-zone=Mars/Olympus
                        rules.grace-books=soon
                        nodes.alice.adress=127.0.0.1:10009
                        nodes.alice.macaroon=/absent
                        kafka.partitions=0
                        kafka.topic-prefix=a b
                        rules.file=/no-rules
                        nodes.bob.address=bob
                        """);

        var exception =
                catchThrowableOfType(
                        ConfigurationException.class,
                        () ->
                                reader(Map.of("TALLYSTICK_LEDGER", "x"))
                                        .read(Optional.of(file), Map.of()));

        assertThat(exception.errors())
                .containsExactlyInAnyOrder(
                        "environment: TALLYSTICK_LEDGER is no setting (expected: did you mean TALLYSTICK_LEDGER_NAME?)",
                        file
                                + ": kafka.partition is no setting (expected: did you mean kafka.partitions?)",
                        file
                                + ": nodes.alice.adress is no setting (expected: did you mean nodes.alice.address?)",
                        "kafka.replication: many (expected: a whole number from 0 to 32767)",
                        "ledger.time-zone: Mars/Olympus (expected: a time zone such as UTC or Europe/Berlin)",
                        "rules.grace-books: soon (expected: a duration such as 250ms, 30s, 5m, 1h or 30d)",
                        "nodes.alice.address: absent (expected: a value)",
                        "nodes.alice.tls-certificate: absent (expected: a value)",
                        "nodes.alice.macaroon: /absent (expected: a file that can be read)",
                        "kafka.topic-prefix: a b (expected: letters, digits, '.', '_' or '-')",
                        "kafka.partitions: 0 (expected: 1 to 1024)",
                        "rules.file: /no-rules: no such file (expected: a file that can be read)",
                        "nodes.bob.tls-certificate: absent (expected: a value)",
                        "nodes.bob.macaroon: absent (expected: a value)",
                        "nodes.bob.address: bob (expected: host:port, or [address]:port with IPv6)");
    }

    @Test
    void rangesAndFilesAreChecked() {
        var flags =
                Map.of(
                        "kafka.partitions", "0",
                        "database.url", "jdbc:mysql://x?password=secret",
                        "database.password-file", "/absent",
                        "ingest.page-size", "20000");

        assertThatThrownBy(() -> reader(Map.of()).read(Optional.empty(), flags))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("kafka.partitions: 0 (expected: 1 to 1024)")
                .hasMessageContaining(
                        "database.url: jdbc:mysql://x?password=*** (expected: jdbc:postgresql://host:port/name)")
                .hasMessageContaining("database.password-file: /absent")
                .hasMessageContaining("ingest.page-size: 20000 (expected: 1 to 5000)")
                .hasMessageNotContaining("secret");
    }

    @Test
    void everythingThatIngestRefusesIsChecked() {
        for (String key :
                List.of(
                        "ingest.sweep-interval",
                        "ingest.rescan-interval",
                        "ingest.backoff-min",
                        "ingest.backoff-max",
                        "ingest.page-size")) {
            String zero = key.endsWith("size") ? "0" : "0s";
            assertThatThrownBy(() -> reader(Map.of()).read(Optional.empty(), Map.of(key, zero)))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining(key + ": ");
        }
    }

    @Test
    void secretsInTheWrongPlaceAreNotSaid() throws IOException {
        String hex = "0201036c6e6402f801030a10" + "7f".repeat(80);
        String base64 = "AgEDbG5kAvgBAwoQ/" + "aB3+".repeat(30) + "==";
        String file = write("any", "x").toString();
        for (String macaroon : List.of(hex, base64)) {
            var flags =
                    Map.of(
                            "nodes.alice.address", macaroon,
                            "nodes.alice.tls-certificate", macaroon,
                            "nodes.alice.macaroon", macaroon,
                            "database.password-file", "hunter2",
                            "books.pull.erp.password-file", "hunter2",
                            "books.pull.erp.url", "postgres://reader:hunter2@h/erp?x=hunter2",
                            "books.pull.erp.user", "reader",
                            "books.pull.erp.query-file", file,
                            "books.pull.erp.watermark-column", "id");

            assertThatThrownBy(() -> reader(Map.of()).read(Optional.empty(), flags))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining(
                            "nodes.alice.macaroon: %s*** (%d letters) (expected: a file that can be read)"
                                    .formatted(macaroon.substring(0, 4), macaroon.length()))
                    .hasMessageContaining(
                            "database.password-file: *** (expected: a file that can be read)")
                    .hasMessageContaining("books.pull.erp.url: postgres://***@h/erp?x=***")
                    .hasMessageNotContaining(macaroon.substring(0, 32))
                    .hasMessageNotContaining("hunter2");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "jdbc:postgresql://tallystick:hunter2@db/tallystick, holds a login",
        "jdbc:postgresql://tally:hunt/er2@db/tallystick, holds a login",
        "jdbc:postgresql://db/tallystick?ssl=true&Password=hunter2, holds a password",
        "jdbc:postgresql://db/tallystick?p%61ssword=hunter2, holds a password",
        "jdbc:postgresql://db/tallystick?sslpassword=hunter2, holds a password"
    })
    void urlsHoldNoLogin(String url, String fault) throws IOException {
        String file = write("any", "x").toString();
        var flags =
                Map.of(
                        "database.url", url,
                        "books.pull.erp.url", url,
                        "books.pull.erp.user", "reader",
                        "books.pull.erp.query-file", file,
                        "books.pull.erp.watermark-column", "id");

        assertThatThrownBy(() -> reader(Map.of()).read(Optional.empty(), flags))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("database.url: " + fault)
                .hasMessageContaining("file that database.password-file names")
                .hasMessageContaining("books.pull.erp.url: " + fault)
                .hasMessageContaining("file that books.pull.erp.password-file names")
                .hasMessageNotContaining("er2");
    }

    @Test
    void addressesMayBeOfIpv6() throws IOException {
        Path file = write("any", "x");
        var flags =
                Map.of(
                        "nodes.alice.address", "[2001:db8::5]:10009",
                        "nodes.alice.tls-certificate", file.toString(),
                        "nodes.alice.macaroon", file.toString(),
                        "kafka.bootstrap-servers", "[::1]:9092, broker:9092",
                        "metrics.address", "[::1]:9464");

        var settings = reader(Map.of()).read(Optional.empty(), flags).settings();

        NodeConfig alice = Resolved.ingest(settings).nodes().getFirst();
        assertThat(alice.host()).isEqualTo("2001:db8::5");
        assertThat(alice.port()).isEqualTo(10_009);
        assertThat(alice.address()).isEqualTo("[2001:db8::5]:10009");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "::1:9464",
                "[::1]",
                "[::1]:99999",
                "[host]:1",
                "host",
                "a b:1",
                "[::1:9464"
            })
    void otherAddressesAreRefused(String address) {
        assertThatThrownBy(
                        () ->
                                reader(Map.of())
                                        .read(Optional.empty(), Map.of("metrics.address", address)))
                .hasMessageContaining(
                        "metrics.address: %s (expected: host:port, or [address]:port with IPv6)"
                                .formatted(address));
    }

    @Test
    void aClientCertificateNeedsItsKey() throws IOException {
        Path file = write("any", "x");
        var flags =
                Map.of(
                        "nodes.alice.address", "127.0.0.1:10009",
                        "nodes.alice.tls-certificate", file.toString(),
                        "nodes.alice.macaroon", file.toString(),
                        "nodes.alice.client-certificate", file.toString());

        assertThatThrownBy(() -> reader(Map.of()).read(Optional.empty(), flags))
                .hasMessageContaining(
                        "nodes.alice.client-key: absent (expected: a file, as nodes.alice.client-certificate is set)");
        var node =
                Resolved.ingest(
                                reader(Map.of("TALLYSTICK_NODES_ALICE_CLIENT_KEY", file.toString()))
                                        .read(Optional.empty(), flags)
                                        .settings())
                        .nodes()
                        .getFirst();
        assertThat(node.client()).contains(new NodeConfig.ClientCertificate(file, file));
    }

    @Test
    void certificatesOfTheDatabaseFitEachOther() throws IOException {
        String file = write("any", "x").toString();
        var flags =
                Map.of(
                        "database.url", "jdbc:postgresql://db/tallystick?sslmode=require",
                        "database.root-certificate", file,
                        "database.client-key", file);

        assertThatThrownBy(() -> reader(Map.of()).read(Optional.empty(), flags))
                .hasMessageContaining("database.url: holds settings of SSL")
                .hasMessageContaining("database.client-certificate: absent");
        var settings =
                reader(Map.of())
                        .read(
                                Optional.empty(),
                                Map.of(
                                        "database.url", "jdbc:postgresql://db/tallystick",
                                        "database.root-certificate", file,
                                        "database.client-certificate", file,
                                        "database.client-key", file))
                        .settings();
        assertThat(Resolved.databaseTls(settings).orElseThrow().client()).isPresent();
    }

    private List<String> errors(Map<String, String> flags) {
        return requireNonNull(
                        catchThrowableOfType(
                                ConfigurationException.class,
                                () -> reader(Map.of()).read(Optional.empty(), flags)))
                .errors();
    }

    @Test
    void pagesForOtherMachinesNeedTls() throws IOException {
        Path pem = write("tls.pem", "x");

        assertThat(errors(Map.of("serve.web.address", "0.0.0.0:7480")))
                .singleElement()
                .asString()
                .startsWith("serve.web.address: 0.0.0.0 without TLS");
        assertThat(errors(Map.of("serve.web.certificate", pem.toString())))
                .containsExactly(
                        "serve.web.key: absent (expected: both serve.web.certificate and serve.web.key, or none)");
        assertThat(
                        errors(
                                Map.of(
                                        "serve.web.address",
                                        "127.0.0.1:7480",
                                        "serve.web.url",
                                        "http://ledger.example")))
                .singleElement()
                .asString()
                .startsWith("serve.web.url: http://ledger.example (expected: https://host");
    }

    @Test
    void anIssuerNeedsWhatItIsAskedWith() throws IOException {
        assertThat(errors(Map.of("serve.oidc.issuer", "https://id.example")))
                .containsExactlyInAnyOrder(
                        "serve.oidc.client-id: absent (expected: a name, as serve.oidc.issuer is set)",
                        "serve.oidc.roles: absent (expected: a file, as serve.oidc.issuer is set)");
        Map<String, String> flags = new HashMap<>();
        flags.put("serve.oidc.issuer", "http://id.example");
        flags.put("serve.oidc.client-id", "tallystick");
        flags.put("serve.oidc.roles", write("roles", "viewer everybody").toString());
        assertThat(errors(flags))
                .containsExactly(
                        "serve.oidc.issuer: http://id.example (expected: https://..., as the issuer calls itself)");
        flags.put("serve.oidc.issuer", "https://id.example");
        flags.put("serve.oidc.scopes", "profile groups");
        assertThat(errors(flags))
                .containsExactly("serve.oidc.scopes: profile groups (expected: openid among them)");
        flags.put("serve.oidc.scopes", "openid  profile groups");
        flags.put("serve.web.address", "127.0.0.1:7480");
        assertThat(
                        Resolved.web(reader(Map.of()).read(Optional.empty(), flags).settings(), "")
                                .orElseThrow()
                                .openid()
                                .orElseThrow()
                                .scopes())
                .containsExactly("openid", "profile", "groups");
    }

    @Test
    void tokensAreTakenWithOrWithoutCertificates() throws IOException {
        assertThat(errors(Map.of("serve.bearer.address", "127.0.0.1:7444")))
                .containsExactlyInAnyOrder(
                        "serve.bearer.audience: absent (expected: a name, as serve.bearer.address is set)",
                        "serve.oidc.issuer: absent (expected: https://..., as serve.bearer.address is set)");
        Map<String, String> flags = new HashMap<>();
        flags.put("serve.oidc.issuer", "https://id.example");
        flags.put("serve.oidc.client-id", "tallystick");
        flags.put("serve.oidc.roles", write("roles", "viewer everybody").toString());
        flags.put("serve.bearer.address", "0.0.0.0:7444");
        flags.put("serve.bearer.audience", "tallystick-api");
        assertThat(errors(flags))
                .containsExactly(
                        "serve.bearer.address: 0.0.0.0 without TLS (expected: a loopback address, a certificate and its key, or behind-proxy)");
        flags.put("serve.bearer.behind-proxy", "true");
        Settings tokens = reader(Map.of()).read(Optional.empty(), flags).settings();
        assertThat(Resolved.isApiServed(tokens)).isTrue();
        assertThat(Resolved.serve(tokens, "").files()).isEmpty();
        assertThat(Resolved.serve(tokens, "").bearer()).isPresent();

        flags.put("serve.clients", write("clients", "").toString());
        Settings half = reader(Map.of()).read(Optional.empty(), flags).settings();
        assertThatThrownBy(() -> Resolved.serve(half, ""))
                .hasMessageContaining("serve.client-authorities: absent");
    }

    @Test
    void aMissingFileIsSaidWhenItWasNamed() {
        assertThatThrownBy(() -> reader(Map.of()).read(Optional.of(Path.of("/absent")), Map.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("configuration file: /absent");
    }

    @Test
    void everyKeyIsDescribed() {
        assertThat(SettingKeys.all().keySet())
                .containsExactlyInAnyOrderElementsOf(
                        ConfigClass.configClass(Settings.class).getProperties().keySet());
    }

    private SettingsReader reader(Map<String, String> environment) {
        return new SettingsReader(environment, directory);
    }

    private Path write(String name, String content) throws IOException {
        return Files.writeString(directory.resolve(name), content);
    }
}
