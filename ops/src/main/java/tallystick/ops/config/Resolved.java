package tallystick.ops.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import tallystick.db.DatabaseTls;
import tallystick.ingest.IngestConfig;
import tallystick.ingest.NodeConfig;
import tallystick.ingest.books.BooksConfig;
import tallystick.ingest.books.PullConfig;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ledger.mismatch.RuleSetException;
import tallystick.reconcile.ReconcileConfig;
import tallystick.serve.ServeConfig;
import tallystick.serve.access.AccessFiles;
import tallystick.serve.openid.BearerConfig;
import tallystick.serve.openid.OpenidConfig;
import tallystick.serve.web.WebConfig;

/// Settings turned into what the other modules take. Secrets are read from their files here, when they are needed.
public final class Resolved {
    private Resolved() {}

    public static TopicSettings topics(Settings settings) {
        Settings.Kafka kafka = settings.kafka();
        return new TopicSettings(
                kafka.topicPrefix(),
                kafka.partitions(),
                kafka.replication(),
                kafka.retention(),
                kafka.retentionLong(),
                kafka.retentionLongest());
    }

    /// How nodes are followed, and which.
    public static IngestConfig ingest(Settings settings) {
        Settings.Ingest ingest = settings.ingest();
        IngestConfig defaults = IngestConfig.defaults();
        return new IngestConfig(
                settings.nodes().entrySet().stream()
                        .sorted(Map.Entry.comparingByKey())
                        .map(node -> node(node.getKey(), node.getValue()))
                        .toList(),
                ingest.sweepInterval(),
                ingest.rescanInterval(),
                ingest.backoffMin(),
                ingest.backoffMax(),
                defaults.refusedRetry(),
                defaults.callDeadline(),
                ingest.pageSize(),
                defaults.queueBytes(),
                defaults.messageBytesMax());
    }

    /// How the API is served.
    ///
    /// @param version of the program
    /// @throws ConfigurationException when a file is not named that it needs
    public static ServeConfig serve(Settings settings, String version) {
        Settings.Serve serve = settings.serve();
        HostAndPort where = HostAndPort.checked(serve.address());
        return new ServeConfig(
                settings.ledger().name(),
                settings.ledger().timeZone(),
                version,
                where.host(),
                where.port(),
                // With tokens alone nobody need show a certificate.
                serve.bearer().address().isEmpty() || areCertificatesAsked(serve)
                        ? Optional.of(files(serve))
                        : Optional.empty(),
                bearer(settings),
                serve.reflection(),
                serve.callsPerSecond(),
                serve.connectionAge(),
                serve.drain());
    }

    private static AccessFiles files(Settings.Serve serve) {
        List<String> absent = new ArrayList<>();
        var files =
                new AccessFiles(
                        needed("serve.certificate", serve.certificate(), absent),
                        needed("serve.key", serve.key(), absent),
                        needed("serve.client-authorities", serve.clientAuthorities(), absent),
                        needed("serve.clients", serve.clients(), absent));
        if (!absent.isEmpty()) {
            throw new ConfigurationException(absent);
        }
        return files;
    }

    /// How clients with tokens are answered; empty when none are.
    static Optional<BearerConfig> bearer(Settings settings) {
        Settings.Bearer bearer = settings.serve().bearer();
        return bearer.address()
                .map(HostAndPort::checked)
                .map(
                        where ->
                                new BearerConfig(
                                        where.host(),
                                        where.port(),
                                        // The check of the settings has seen to it that both are
                                        // there, or none, and that the rest is.
                                        bearer.certificate()
                                                .flatMap(
                                                        certificate ->
                                                                bearer.key()
                                                                        .map(
                                                                                key ->
                                                                                        new BearerConfig
                                                                                                .Tls(
                                                                                                certificate,
                                                                                                key))),
                                        bearer.behindProxy(),
                                        bearer.audience().orElseThrow(),
                                        openid(settings).orElseThrow()));
    }

    /// Whether the settings ask for the API over gRPC. They do unless they ask for pages alone.
    public static boolean isApiServed(Settings settings) {
        Settings.Serve serve = settings.serve();
        return serve.web().address().isEmpty()
                || serve.bearer().address().isPresent()
                || areCertificatesAsked(serve);
    }

    private static boolean areCertificatesAsked(Settings.Serve serve) {
        return serve.certificate().isPresent()
                || serve.key().isPresent()
                || serve.clientAuthorities().isPresent()
                || serve.clients().isPresent();
    }

    /// Whom to believe who somebody is; empty when nobody is.
    static Optional<OpenidConfig> openid(Settings settings) {
        Settings.Oidc oidc = settings.serve().oidc();
        return oidc.issuer()
                .map(
                        issuer ->
                                new OpenidConfig(
                                        issuer,
                                        // The check of the settings has seen to it that both are
                                        // there.
                                        oidc.clientId().orElseThrow(),
                                        oidc.clientSecretFile(),
                                        List.of(oidc.scopes().strip().split("\\s+")),
                                        oidc.personClaim(),
                                        oidc.rolesClaim(),
                                        oidc.roles().orElseThrow()));
    }

    /// How pages are served; empty when they are not.
    ///
    /// @param version of the program
    public static Optional<WebConfig> web(Settings settings, String version) {
        Settings.Web web = settings.serve().web();
        return web.address()
                .map(HostAndPort::checked)
                .map(
                        where ->
                                new WebConfig(
                                        settings.ledger().name(),
                                        settings.ledger().timeZone(),
                                        settings.report().cutOff(),
                                        version,
                                        where.host(),
                                        where.port(),
                                        // The check of the settings has seen to it that both are
                                        // there, or none.
                                        web.certificate()
                                                .flatMap(
                                                        certificate ->
                                                                web.key()
                                                                        .map(
                                                                                key ->
                                                                                        new WebConfig
                                                                                                .Files(
                                                                                                certificate,
                                                                                                key))),
                                        web.url(),
                                        openid(settings),
                                        web.sessionIdle(),
                                        web.sessionLength(),
                                        settings.serve().drain()));
    }

    private static Path needed(String key, Optional<Path> file, List<String> absent) {
        if (file.isEmpty()) {
            absent.add("%s: absent (expected: a file; docs/api.md)".formatted(key));
        }
        return file.orElse(Path.of(""));
    }

    /// By which ways book entries come in besides files.
    public static BooksConfig books(Settings settings) {
        return new BooksConfig(
                settings.books().inbox().enabled(),
                settings.books().pull().entrySet().stream()
                        .sorted(Map.Entry.comparingByKey())
                        .map(pull -> pull(pull.getKey(), pull.getValue()))
                        .toList());
    }

    static PullConfig pull(String name, Settings.Pull pull) {
        return new PullConfig(
                pull.source().orElse(name),
                pull.url(),
                pull.user(),
                pull.passwordFile(),
                pull.queryFile(),
                pull.watermarkColumn(),
                pull.interval(),
                pull.overlap(),
                pull.overlapNumbers(),
                pull.pageSize(),
                pull.statementTimeout());
    }

    public static ReconcileConfig reconcile(Settings settings, ReconcileConfig.Pace pace) {
        ReconcileConfig usual = ReconcileConfig.defaults(settings.ledger().name());
        return new ReconcileConfig(
                usual.ledger(),
                rules(settings),
                settings.reconcile().workers(),
                settings.reconcile().batchRecords(),
                pace);
    }

    /// The rules that the settings ask for. What the rules file says wins over `rules.grace-...`.
    ///
    /// @throws ConfigurationException with everything that is wrong with the file
    public static RuleSet rules(Settings settings) {
        return rules(settings, settings.rules().file());
    }

    /// The same with another rules file.
    public static RuleSet rules(Settings settings, Optional<Path> file) {
        Map<String, String> entries = new HashMap<>();
        entries.put("grace-books", settings.rules().graceBooks().toSeconds() + "s");
        entries.put("grace-node", settings.rules().graceNode().toSeconds() + "s");
        file.ifPresent(path -> entries.putAll(RulesFile.read(path)));
        try {
            return RuleSet.parse(entries, settings.ledger().timeZone());
        } catch (RuleSetException e) {
            String where = file.map(path -> path + ": ").orElse("rules: ");
            throw new ConfigurationException(
                    e.errors().stream().map(error -> where + error).toList());
        }
    }

    private static NodeConfig node(String alias, Settings.Node node) {
        HostAndPort where = HostAndPort.checked(node.address());
        return new NodeConfig(
                alias,
                where.host(),
                where.port(),
                node.tlsCertificate(),
                node.macaroon(),
                node.network(),
                // The check of the settings has seen to it that both are there, or none.
                node.clientCertificate()
                        .flatMap(
                                certificate ->
                                        node.clientKey()
                                                .map(
                                                        key ->
                                                                new NodeConfig.ClientCertificate(
                                                                        certificate, key))));
    }

    /// Empty when the broker is the embedded one.
    public static Optional<KafkaConnection> kafka(Settings settings) {
        return settings.kafka()
                .bootstrapServers()
                .map(
                        servers ->
                                new KafkaConnection(
                                        servers,
                                        settings.kafka()
                                                .propertiesFile()
                                                .map(Resolved::clientProperties)
                                                .orElse(Map.of())));
    }

    private static Map<String, String> clientProperties(Path file) {
        Map<String, String> properties = properties(file);
        TokenSources.allow(properties);
        return properties;
    }

    /// Empty when no file is named, as where the server trusts the user.
    public static Optional<String> databasePassword(Settings settings) {
        return settings.database().passwordFile().map(Resolved::secret);
    }

    /// Empty when encryption is left to the URL.
    public static Optional<DatabaseTls> databaseTls(Settings settings) {
        Settings.Database database = settings.database();
        return database.rootCertificate()
                .map(
                        root ->
                                new DatabaseTls(
                                        root,
                                        // The check of the settings has seen to it that both are
                                        // there, or none.
                                        database.clientCertificate()
                                                .flatMap(
                                                        certificate ->
                                                                database.clientKey()
                                                                        .map(
                                                                                key ->
                                                                                        new DatabaseTls
                                                                                                .ClientCertificate(
                                                                                                certificate,
                                                                                                key)))));
    }

    private static Map<String, String> properties(Path file) {
        var properties = new Properties();
        try (var reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw Unreadable.exception("kafka.properties-file", file, e);
        }
        Map<String, String> result = new HashMap<>();
        properties
                .stringPropertyNames()
                .forEach(name -> result.put(name, properties.getProperty(name)));
        return result;
    }

    private static String secret(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            throw Unreadable.exception("database.password-file", file, e);
        }
    }
}
