package tallystick.ops.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Map;
import java.util.Optional;

/// Every setting there is, typed. [SettingKeys] says in words what each one means.
@ConfigMapping(prefix = "")
public interface Settings {
    Ledger ledger();

    Data data();

    Kafka kafka();

    Database database();

    /// By alias.
    Map<String, Node> nodes();

    Ingest ingest();

    Books books();

    Reconcile reconcile();

    Rules rules();

    Report report();

    Metrics metrics();

    Serve serve();

    interface Ledger {
        @WithDefault("main")
        String name();

        @WithDefault("UTC")
        ZoneId timeZone();
    }

    interface Data {
        @WithDefault(".tallystick")
        Path directory();
    }

    interface Kafka {
        /// Empty means the embedded broker.
        Optional<String> bootstrapServers();

        @WithDefault("tallystick")
        String topicPrefix();

        @WithDefault("4")
        int partitions();

        @WithDefault("1")
        short replication();

        @WithDefault("30d")
        Duration retention();

        @WithDefault("366d")
        Duration retentionLong();

        @WithDefault("3660d")
        Duration retentionLongest();

        Optional<Path> propertiesFile();
    }

    interface Database {
        /// Empty means the embedded Postgres.
        Optional<String> url();

        @WithDefault("tallystick")
        String user();

        Optional<Path> passwordFile();

        /// Empty leaves encryption to the URL.
        Optional<Path> rootCertificate();

        Optional<Path> clientCertificate();

        Optional<Path> clientKey();
    }

    interface Node {
        String address();

        Path tlsCertificate();

        Path macaroon();

        @WithDefault("mainnet")
        String network();

        /// Empty where the node, or what is before it, does not ask who we are.
        Optional<Path> clientCertificate();

        Optional<Path> clientKey();
    }

    interface Ingest {
        @WithDefault("5m")
        Duration sweepInterval();

        @WithDefault("1h")
        Duration rescanInterval();

        @WithDefault("250")
        int pageSize();

        @WithDefault("1s")
        Duration backoffMin();

        @WithDefault("1m")
        Duration backoffMax();
    }

    interface Books {
        Inbox inbox();

        /// By a name of one's own choice.
        Map<String, Pull> pull();
    }

    interface Inbox {
        @WithDefault("true")
        boolean enabled();
    }

    interface Pull {
        String url();

        String user();

        Optional<Path> passwordFile();

        Path queryFile();

        String watermarkColumn();

        /// Empty means the name of the pull.
        Optional<String> source();

        @WithDefault("1m")
        Duration interval();

        @WithDefault("10m")
        Duration overlap();

        @WithDefault("1000")
        long overlapNumbers();

        @WithDefault("1000")
        int pageSize();

        @WithDefault("30s")
        Duration statementTimeout();
    }

    interface Reconcile {
        @WithDefault("2000")
        int batchRecords();

        @WithDefault("2")
        int workers();
    }

    interface Rules {
        /// Empty means the defaults.
        Optional<Path> file();

        @WithDefault("5m")
        Duration graceBooks();

        @WithDefault("5m")
        Duration graceNode();
    }

    interface Report {
        @WithDefault("10m")
        Duration cutOff();

        @WithDefault("1h")
        Duration patience();
    }

    interface Metrics {
        /// Empty means that nothing is served.
        Optional<String> address();
    }

    interface Serve {
        @WithDefault("127.0.0.1:7443")
        String address();

        /// Empty means that nothing of it is told. Apart from that of [Metrics], as both may run on one machine.
        Optional<String> metricsAddress();

        /// Empty where nothing is served over gRPC, which needs this one and the next three.
        Optional<Path> certificate();

        Optional<Path> key();

        Optional<Path> clientAuthorities();

        Optional<Path> clients();

        @WithDefault("false")
        boolean reflection();

        @WithDefault("50")
        int callsPerSecond();

        @WithDefault("30m")
        Duration connectionAge();

        @WithDefault("10s")
        Duration drain();

        Web web();

        Oidc oidc();

        Bearer bearer();
    }

    interface Bearer {
        /// Empty means that no tokens are taken.
        Optional<String> address();

        Optional<String> audience();

        /// Empty without TLS.
        Optional<Path> certificate();

        Optional<Path> key();

        @WithDefault("false")
        boolean behindProxy();
    }

    interface Oidc {
        /// Empty means that nobody vouches for people; it needs the next two and the roles.
        Optional<URI> issuer();

        Optional<String> clientId();

        /// Empty where the issuer asks for none.
        Optional<Path> clientSecretFile();

        @WithDefault("openid profile")
        String scopes();

        @WithDefault("preferred_username")
        String personClaim();

        @WithDefault("groups")
        String rolesClaim();

        Optional<Path> roles();
    }

    interface Web {
        /// Empty means that no pages are served.
        Optional<String> address();

        /// Empty without TLS.
        Optional<Path> certificate();

        Optional<Path> key();

        /// Empty where browsers come here without a proxy between.
        Optional<URI> url();

        @WithDefault("30m")
        Duration sessionIdle();

        @WithDefault("12h")
        Duration sessionLength();
    }
}
