package tallystick.ops.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import tallystick.ingest.books.DatabaseUrl;
import tallystick.kafka.TopicSettings;

/// What the types cannot say: ranges, files that must be there, values that must fit each other.
final class SettingsCheck {
    private static final int PAGE_MAX = 5_000;

    private static final int BATCH_MAX = 100_000;

    private static final int WORKERS_MAX = 64;

    private static final int CALLS_MAX = 100_000;

    private static final Set<String> NETWORKS =
            Set.of("mainnet", "testnet", "signet", "regtest", "simnet");

    private static final Pattern SSL = Pattern.compile("[?&]ssl");

    private final List<String> errors;

    private SettingsCheck(List<String> errors) {
        this.errors = errors;
    }

    static void check(Settings settings, List<String> errors) {
        var check = new SettingsCheck(errors);
        check.kafka(settings.kafka());
        check.database(settings.database());
        settings.nodes().forEach(check::node);
        check.ingest(settings.ingest());
        settings.books().pull().forEach(check::pull);
        check.rules(settings);
        settings.metrics().address().ifPresent(a -> check.address("metrics.address", a));
        check.serve(settings.serve());
        check.range("reconcile.batch-records", settings.reconcile().batchRecords(), 1, BATCH_MAX);
        check.range("reconcile.workers", settings.reconcile().workers(), 1, WORKERS_MAX);
        check.constructed("", () -> Resolved.ingest(settings));
        check.constructed("books.pull: ", () -> Resolved.books(settings));
        check.constructed("serve.oidc.", () -> Resolved.openid(settings));
        check.constructed("serve.bearer.", () -> Resolved.bearer(settings));
        check.constructed("serve.web.", () -> Resolved.web(settings, ""));
    }

    private void kafka(Settings.Kafka kafka) {
        // One by one, since the type refuses at the first.
        TopicSettings usual = TopicSettings.defaults();
        topics(kafka, kafka.topicPrefix(), usual.partitions(), usual.replication());
        topics(kafka, usual.prefix(), kafka.partitions(), usual.replication());
        topics(kafka, usual.prefix(), usual.partitions(), kafka.replication());
        kafka.bootstrapServers()
                .ifPresent(
                        servers -> {
                            for (String server : servers.split(",", -1)) {
                                address("kafka.bootstrap-servers", server.strip());
                            }
                        });
        kafka.propertiesFile().ifPresent(file -> file("kafka.properties-file", file));
        positive("kafka.retention", kafka.retention());
        positive("kafka.retention-long", kafka.retentionLong());
        positive("kafka.retention-longest", kafka.retentionLongest());
    }

    private void topics(Settings.Kafka kafka, String prefix, int partitions, short replication) {
        try {
            var _ =
                    new TopicSettings(
                            prefix,
                            partitions,
                            replication,
                            kafka.retention(),
                            kafka.retentionLong(),
                            kafka.retentionLongest());
        } catch (IllegalArgumentException e) {
            errors.add(String.valueOf(e.getMessage()));
        }
    }

    private void database(Settings.Database database) {
        database.url()
                .flatMap(url -> DatabaseUrl.fault(url, "database.user", "database.password-file"))
                .ifPresent(fault -> errors.add("database.url: " + fault));
        database.passwordFile().ifPresent(file -> passwordFile("database.password-file", file));
        databaseTls(database);
    }

    private void databaseTls(Settings.Database database) {
        database.rootCertificate().ifPresent(file -> file("database.root-certificate", file));
        pair(
                "database.client-certificate",
                database.clientCertificate(),
                "database.client-key",
                database.clientKey());
        if (database.clientCertificate().isPresent() && database.rootCertificate().isEmpty()) {
            errors.add(
                    "database.root-certificate: absent (expected: a file, as database.client-certificate is set)");
        }
        database.url()
                .filter(url -> database.rootCertificate().isPresent() && SSL.matcher(url).find())
                .ifPresent(
                        _ ->
                                errors.add(
                                        "database.url: holds settings of SSL (expected: none, since database.root-certificate stands for sslmode=verify-full)"));
    }

    private void node(String alias, Settings.Node node) {
        String prefix = "nodes." + alias + ".";
        address(prefix + "address", node.address());
        file(prefix + "tls-certificate", node.tlsCertificate());
        file(prefix + "macaroon", node.macaroon());
        pair(
                prefix + "client-certificate",
                node.clientCertificate(),
                prefix + "client-key",
                node.clientKey());
        if (!NETWORKS.contains(node.network())) {
            errors.add(
                    "%snetwork: %s (expected: one of %s)"
                            .formatted(
                                    prefix,
                                    node.network(),
                                    String.join(", ", NETWORKS.stream().sorted().toList())));
        }
    }

    private void pull(String name, Settings.Pull pull) {
        String prefix = "books.pull." + name + ".";
        file(prefix + "query-file", pull.queryFile());
        pull.passwordFile().ifPresent(file -> passwordFile(prefix + "password-file", file));
        Optional<String> fault =
                DatabaseUrl.fault(pull.url(), prefix + "user", prefix + "password-file");
        if (fault.isPresent()) {
            errors.add(prefix + "url: " + fault.get());
            return;
        }
        try {
            var _ = Resolved.pull(name, pull);
        } catch (IllegalArgumentException e) {
            errors.add(prefix + e.getMessage());
        }
    }

    private void serve(Settings.Serve serve) {
        address("serve.address", serve.address());
        serve.metricsAddress().ifPresent(at -> address("serve.metrics-address", at));
        serve.certificate().ifPresent(file -> file("serve.certificate", file));
        serve.key().ifPresent(file -> file("serve.key", file));
        serve.clientAuthorities().ifPresent(file -> file("serve.client-authorities", file));
        serve.clients().ifPresent(file -> file("serve.clients", file));
        range("serve.calls-per-second", serve.callsPerSecond(), 1, CALLS_MAX);
        positive("serve.connection-age", serve.connectionAge());
        positive("serve.drain", serve.drain());
        web(serve.web());
        oidc(serve.oidc());
        bearer(serve);
    }

    private void bearer(Settings.Serve serve) {
        Settings.Bearer bearer = serve.bearer();
        pair("serve.bearer.certificate", bearer.certificate(), "serve.bearer.key", bearer.key());
        if (bearer.address().isEmpty()) {
            return;
        }
        address("serve.bearer.address", bearer.address().get());
        if (bearer.audience().isEmpty()) {
            errors.add(
                    "serve.bearer.audience: absent (expected: a name, as serve.bearer.address is set)");
        }
        if (serve.oidc().issuer().isEmpty()) {
            errors.add(
                    "serve.oidc.issuer: absent (expected: https://..., as serve.bearer.address is set)");
        }
    }

    private void oidc(Settings.Oidc oidc) {
        oidc.roles().ifPresent(file -> file("serve.oidc.roles", file));
        oidc.clientSecretFile()
                .ifPresent(file -> passwordFile("serve.oidc.client-secret-file", file));
        if (oidc.issuer().isEmpty()) {
            if (oidc.clientId().isPresent() || oidc.roles().isPresent()) {
                errors.add("serve.oidc.issuer: absent (expected: https://..., as others are set)");
            }
            return;
        }
        if (oidc.clientId().isEmpty()) {
            errors.add(
                    "serve.oidc.client-id: absent (expected: a name, as serve.oidc.issuer is set)");
        }
        if (oidc.roles().isEmpty()) {
            errors.add("serve.oidc.roles: absent (expected: a file, as serve.oidc.issuer is set)");
        }
    }

    private void web(Settings.Web web) {
        web.address().ifPresent(address -> address("serve.web.address", address));
        web.certificate().ifPresent(file -> file("serve.web.certificate", file));
        web.key().ifPresent(file -> file("serve.web.key", file));
        if (web.certificate().isPresent() != web.key().isPresent()) {
            errors.add(
                    "serve.web.%s: absent (expected: both serve.web.certificate and serve.web.key, or none)"
                            .formatted(web.key().isPresent() ? "certificate" : "key"));
        }
        positive("serve.web.session-idle", web.sessionIdle());
        positive("serve.web.session-length", web.sessionLength());
    }

    /// What is not looked at above, the types that take the settings refuse themselves.
    private void constructed(String prefix, Supplier<?> taken) {
        if (!errors.isEmpty()) {
            return;
        }
        try {
            var _ = taken.get();
        } catch (IllegalArgumentException e) {
            errors.add(prefix + e.getMessage());
        }
    }

    private void rules(Settings settings) {
        try {
            var _ = Resolved.rules(settings);
        } catch (ConfigurationException e) {
            errors.addAll(e.errors());
        }
    }

    private void ingest(Settings.Ingest ingest) {
        positive("ingest.sweep-interval", ingest.sweepInterval());
        positive("ingest.rescan-interval", ingest.rescanInterval());
        positive("ingest.backoff-min", ingest.backoffMin());
        range("ingest.page-size", ingest.pageSize(), 1, PAGE_MAX);
        if (ingest.backoffMax().compareTo(ingest.backoffMin()) < 0) {
            errors.add(
                    "ingest.backoff-max: %s (expected: at least ingest.backoff-min, %s)"
                            .formatted(ingest.backoffMax(), ingest.backoffMin()));
        }
    }

    private void range(String key, int value, int min, int max) {
        if (value < min || value > max) {
            errors.add("%s: %d (expected: %d to %d)".formatted(key, value, min, max));
        }
    }

    private void positive(String key, Duration value) {
        if (value.isZero() || value.isNegative()) {
            errors.add("%s: %s (expected: more than 0)".formatted(key, value));
        }
    }

    /// Files that are of use only together.
    private void pair(String key, Optional<Path> file, String otherKey, Optional<Path> otherFile) {
        file.ifPresent(path -> file(key, path));
        otherFile.ifPresent(path -> file(otherKey, path));
        if (file.isPresent() && otherFile.isEmpty()) {
            errors.add("%s: absent (expected: a file, as %s is set)".formatted(otherKey, key));
        }
        if (otherFile.isPresent() && file.isEmpty()) {
            errors.add("%s: absent (expected: a file, as %s is set)".formatted(key, otherKey));
        }
    }

    private void file(String key, Path file) {
        file(key, file, ShownValue.of(file.toString()));
    }

    private void passwordFile(String key, Path file) {
        file(key, file, ShownValue.ofPasswordFile(file.toString()));
    }

    private void file(String key, Path file, String shown) {
        if (!Files.isReadable(file)) {
            errors.add("%s: %s (expected: a file that can be read)".formatted(key, shown));
        }
    }

    private void address(String key, String address) {
        if (HostAndPort.parse(address).isEmpty()) {
            errors.add(
                    "%s: %s (expected: host:port, or [address]:port with IPv6)"
                            .formatted(key, ShownValue.of(address)));
        }
    }
}
