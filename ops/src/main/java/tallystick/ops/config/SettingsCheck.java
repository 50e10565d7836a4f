package tallystick.ops.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tallystick.kafka.TopicSettings;

/// What the types cannot say: ranges, files that must be there, values that must fit each other.
final class SettingsCheck {
    private static final int PAGE_MAX = 5_000;

    private static final int BATCH_MAX = 100_000;

    private static final int PORT_MAX = 65_535;

    private static final Set<String> NETWORKS =
            Set.of("mainnet", "testnet", "signet", "regtest", "simnet");

    private static final Pattern ADDRESS = Pattern.compile("[^:\\s]+:(\\d{1,5})");

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
        check.books(settings);
        check.rules(settings);
        settings.metrics().address().ifPresent(a -> check.address("metrics.address", a));
        check.range("reconcile.batch-records", settings.reconcile().batchRecords(), 1, BATCH_MAX);
    }

    private void kafka(Settings.Kafka kafka) {
        try {
            topics(kafka);
        } catch (IllegalArgumentException e) {
            errors.add(String.valueOf(e.getMessage()));
        }
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

    static TopicSettings topics(Settings.Kafka kafka) {
        return new TopicSettings(
                kafka.topicPrefix(),
                kafka.partitions(),
                kafka.replication(),
                kafka.retention(),
                kafka.retentionLong(),
                kafka.retentionLongest());
    }

    private void database(Settings.Database database) {
        database.url()
                .filter(url -> !url.startsWith("jdbc:postgresql://"))
                .ifPresent(
                        url ->
                                errors.add(
                                        "database.url: %s (expected: jdbc:postgresql://host:port/name)"
                                                .formatted(withoutSecrets(url))));
        database.url()
                .filter(url -> url.contains("password="))
                .ifPresent(
                        url ->
                                errors.add(
                                        "database.url: holds a password (expected: the password in the file that database.password-file names)"));
        database.passwordFile().ifPresent(file -> file("database.password-file", file));
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
        pull.passwordFile().ifPresent(file -> file(prefix + "password-file", file));
        try {
            var _ = Resolved.pull(name, pull);
        } catch (IllegalArgumentException e) {
            errors.add(prefix + e.getMessage());
        }
    }

    private void books(Settings settings) {
        if (!errors.isEmpty()) {
            return;
        }
        try {
            var _ = Resolved.books(settings);
        } catch (IllegalArgumentException e) {
            errors.add("books.pull: " + e.getMessage());
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
        if (!Files.isReadable(file)) {
            errors.add("%s: %s (expected: a file that can be read)".formatted(key, file));
        }
    }

    private void address(String key, String address) {
        Matcher matcher = ADDRESS.matcher(address);
        if (!matcher.matches() || Integer.parseInt(matcher.group(1)) > PORT_MAX) {
            errors.add("%s: %s (expected: host:port)".formatted(key, address));
        }
    }

    private static String withoutSecrets(String url) {
        return url.replaceAll("(?i)(password=)[^&]*", "$1***");
    }
}
