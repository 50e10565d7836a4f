package tallystick.ops.config;

import io.smallrye.config.ConfigMappings.ConfigClass;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tallystick.ledger.Spelling;

/// The keys of all settings, what each means, and how a key looks as an environment variable.
public final class SettingKeys {
    private static final String ENVIRONMENT_PREFIX = "TALLYSTICK_";

    /// Settings of which there may be several, each under a name.
    private static final List<Pattern> NAMED =
            Stream.of("nodes", "books\\.pull")
                    .map(
                            family ->
                                    Pattern.compile(
                                            "(?<family>"
                                                    + family
                                                    + ")\\.(?<name>[a-z0-9-]{1,40})\\.(?<rest>[a-z-]+)"))
                    .toList();

    private static final String NAME_IN_VARIABLE = "([A-Z0-9_]{1,40})";

    private static final Map<String, String> MEANINGS = meanings();

    private SettingKeys() {}

    /// Key to meaning, in the order people should read them. Of nodes and pulls, `*` stands for the name.
    public static Map<String, String> all() {
        return MEANINGS;
    }

    /// Key to default, for keys that have one.
    public static Map<String, String> defaults() {
        Map<String, String> defaults =
                new LinkedHashMap<>(ConfigClass.configClass(Settings.class).getProperties());
        defaults.values().removeIf(value -> value == null || value.isEmpty());
        return defaults;
    }

    static boolean isKnown(String key) {
        return MEANINGS.containsKey(general(key));
    }

    /// The known key that the given one most likely was meant to be.
    static Optional<String> suggestion(String key) {
        return Spelling.nearest(MEANINGS.keySet(), general(key)).map(known -> special(known, key));
    }

    /// `kafka.topic-prefix` is `TALLYSTICK_KAFKA_TOPIC_PREFIX`.
    public static String variable(String key) {
        return ENVIRONMENT_PREFIX
                + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    /// The key that an environment variable sets.
    static Optional<String> ofVariable(String variable) {
        Optional<String> plain =
                MEANINGS.keySet().stream()
                        .filter(key -> !key.contains("*"))
                        .filter(key -> variable(key).equals(variable))
                        .findFirst();
        if (plain.isPresent()) {
            return plain;
        }
        return MEANINGS.keySet().stream()
                .filter(key -> key.contains("*"))
                .flatMap(key -> named(key, variable).stream())
                .findFirst();
    }

    private static Optional<String> named(String key, String variable) {
        Matcher matcher =
                Pattern.compile(variable(key).replace("*", NAME_IN_VARIABLE)).matcher(variable);
        return matcher.matches()
                ? Optional.of(key.replace("*", lower(matcher.group(1))))
                : Optional.empty();
    }

    private static String lower(String part) {
        return part.toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String general(String key) {
        return matcher(key)
                .map(named -> "%s.*.%s".formatted(named.group("family"), named.group("rest")))
                .orElse(key);
    }

    private static String special(String known, String key) {
        return known.replace(
                "*", matcher(key).map(named -> named.group("name")).orElse(placeholder(known)));
    }

    /// What people read where a name of their own stands.
    public static String placeholder(String key) {
        return key.startsWith("nodes.") ? "<alias>" : "<name>";
    }

    private static Optional<Matcher> matcher(String key) {
        return NAMED.stream()
                .map(pattern -> pattern.matcher(key))
                .filter(Matcher::matches)
                .findFirst();
    }

    private static Map<String, String> meanings() {
        Map<String, String> keys = new LinkedHashMap<>();
        keys.put("ledger.name", "name of the ledger, as it stands on reports");
        keys.put("ledger.time-zone", "zone whose days are the business days");
        keys.put("data.directory", "where embedded services, logs and state are kept");
        keys.put(
                "kafka.bootstrap-servers",
                "host:port,... of the brokers; absent: the embedded one");
        keys.put("kafka.topic-prefix", "first part of every topic's name");
        keys.put("kafka.partitions", "of every keyed topic; fixed for the ledger's life");
        keys.put("kafka.replication", "copies of every partition");
        keys.put("kafka.retention", "of topics whose records go with time");
        keys.put("kafka.retention-long", "of what nodes said about invoices and payments");
        keys.put("kafka.retention-longest", "of what people decided");
        keys.put("kafka.properties-file", "further client settings, for example of security");
        keys.put("database.url", "jdbc:postgresql://...; absent: the embedded one");
        keys.put("database.user", "who connects");
        keys.put("database.password-file", "file that holds the password and nothing else");
        keys.put(
                "database.root-certificate",
                "PEM file of the authority; with it, only that server is connected to, encrypted");
        keys.put(
                "database.client-certificate",
                "PEM file shown to the server; with client-key or not at all");
        keys.put("database.client-key", "PEM file of its key, PKCS #8, unencrypted");
        keys.put("nodes.*.address", "host:port of the node's gRPC");
        keys.put(
                "nodes.*.tls-certificate",
                "the node's tls.cert, or the authority of a proxy before it; nothing else is trusted");
        keys.put("nodes.*.macaroon", "file of a read-only macaroon");
        keys.put("nodes.*.network", "mainnet, testnet, signet, regtest or simnet");
        keys.put(
                "nodes.*.client-certificate",
                "PEM file shown to a proxy that asks who we are; with client-key or not at all");
        keys.put("nodes.*.client-key", "PEM file of its key, PKCS #8, unencrypted");
        keys.put("ingest.sweep-interval", "time between two sweeps of a node's lists");
        keys.put(
                "ingest.rescan-interval",
                "time between two sweeps that read every list from its beginning");
        keys.put("ingest.page-size", "entries per page of a list");
        keys.put("ingest.backoff-min", "first pause after a failed connection");
        keys.put("ingest.backoff-max", "longest pause between two attempts");
        keys.put("books.inbox.enabled", "whether entries are taken from the inbox topic");
        keys.put("books.pull.*.url", "jdbc:postgresql://... of the business's own database");
        keys.put("books.pull.*.user", "who reads there");
        keys.put("books.pull.*.password-file", "file that holds the password and nothing else");
        keys.put(
                "books.pull.*.query-file", "SELECT ... WHERE <watermark> > ? ORDER BY <watermark>");
        keys.put("books.pull.*.watermark-column", "column that grows with every change of a row");
        keys.put("books.pull.*.source", "the system the entries come from; absent: the name");
        keys.put("books.pull.*.interval", "time between two readings (1m)");
        keys.put("books.pull.*.overlap", "how far back each begins: rows commit late (10m)");
        keys.put(
                "books.pull.*.overlap-numbers", "the same, for watermarks that are numbers (1000)");
        keys.put("books.pull.*.page-size", "rows fetched and published at once (1000)");
        keys.put("books.pull.*.statement-timeout", "then the database breaks off (30s)");
        keys.put("reconcile.batch-records", "records per database transaction, at most");
        keys.put("reconcile.workers", "of this process, each with partitions and a connection (2)");
        keys.put(
                "rules.file",
                "file with rules per code, node and account; `tallystick rules keys` lists what it may say");
        keys.put(
                "rules.grace-books",
                "time the books have after a node's event, unless rules.file says another");
        keys.put(
                "rules.grace-node",
                "time a node has after a booking, unless rules.file says another");
        keys.put("report.cut-off", "how long after the end of a business day its report is due");
        keys.put(
                "report.patience",
                "how long a report that is due waits for nodes that are not read so far; then it is provisional");
        keys.put(
                "metrics.address",
                "host:port where run and ingest run serve /metrics and /health; absent: none");
        keys.put("serve.address", "host:port where serve answers over gRPC");
        keys.put(
                "serve.metrics-address",
                "host:port where serve shows /metrics and /health; absent: none");
        keys.put(
                "serve.certificate",
                "PEM file with the server's certificate and those between it and its authority");
        keys.put("serve.key", "PEM file of its key, PKCS #8, unencrypted");
        keys.put(
                "serve.client-authorities",
                "PEM file of the authorities whose certificates clients show");
        keys.put(
                "serve.clients",
                "file with a line per client: roles, and the subject of its certificate");
        keys.put("serve.reflection", "whether clients may ask for the contract itself");
        keys.put("serve.calls-per-second", "that each client may begin");
        keys.put(
                "serve.connection-age",
                "after which a client's connection is closed and made anew");
        keys.put("serve.drain", "what calls in hand have when serve is stopped");
        keys.put("serve.web.address", "host:port where serve shows web pages; absent: none");
        keys.put(
                "serve.web.certificate",
                "PEM file with their certificate; with key, and needed for other machines");
        keys.put("serve.web.key", "PEM file of its key, PKCS #8, unencrypted");
        keys.put(
                "serve.web.url",
                "https://... of the pages as browsers see them, where a proxy of yours ends TLS");
        keys.put("serve.web.session-idle", "after which who asks for nothing is signed out");
        keys.put("serve.web.session-length", "after which everybody is signed out");
        keys.put(
                "serve.oidc.issuer",
                "https://... of an OpenID provider, as it calls itself; absent: passwords alone");
        keys.put("serve.oidc.client-id", "under which it knows the pages");
        keys.put(
                "serve.oidc.client-secret-file",
                "file that holds their secret and nothing else; absent: it asks for none");
        keys.put("serve.oidc.scopes", "asked for, with blanks between them; openid is one");
        keys.put("serve.oidc.person-claim", "whose value is a person's name, in small letters");
        keys.put(
                "serve.oidc.roles-claim",
                "whose values serve.oidc.roles lists; points lead into claims within others");
        keys.put("serve.oidc.roles", "file with a line per value: roles, and the value");
        keys.put(
                "serve.bearer.address",
                "host:port where serve answers over gRPC to who shows the issuer's tokens; absent: none");
        keys.put("serve.bearer.audience", "that tokens must be for; not the client-id");
        keys.put(
                "serve.bearer.certificate",
                "PEM file with its certificate; with key, and needed for other machines");
        keys.put("serve.bearer.key", "PEM file of its key, PKCS #8, unencrypted");
        keys.put(
                "serve.bearer.behind-proxy",
                "whether a proxy of yours on another machine ends TLS; then none is needed here");
        return java.util.Collections.unmodifiableMap(keys);
    }
}
