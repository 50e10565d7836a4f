package tallystick.ops.pipeline;

import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import tallystick.db.DatabaseSettings;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.TopicSettings;
import tallystick.ops.config.Resolved;
import tallystick.ops.config.Settings;
import tallystick.ops.embedded.DataDirectory;
import tallystick.ops.embedded.EmbeddedException;
import tallystick.ops.embedded.EmbeddedServices;
import tallystick.ops.embedded.EmbeddedServices.Service;
import tallystick.ops.embedded.ServiceAddresses;

/// The broker and the database that a command works with: those that the settings name, or embedded ones. Where another
/// command runs them already on the same data directory, they are shared with it.
///
/// One thread. Closing it stops what it started.
public final class Workplace implements AutoCloseable {
    private final Settings settings;
    private final ServiceAddresses embedded;
    private final Optional<DataDirectory> data;
    private final Optional<EmbeddedServices> services;

    private Workplace(
            Settings settings,
            ServiceAddresses embedded,
            Optional<DataDirectory> data,
            Optional<EmbeddedServices> services) {
        this.settings = settings;
        this.embedded = embedded;
        this.data = data;
        this.services = services;
    }

    /// For a command that runs for long and wants the data directory for itself.
    public static Workplace own(Settings settings) throws InterruptedException {
        return start(settings, EnumSet.allOf(Service.class));
    }

    /// The same, after everything that an earlier command left in the embedded services is gone.
    public static Workplace ownAnew(Settings settings) throws InterruptedException {
        try (var data = DataDirectory.take(settings.data().directory())) {
            EmbeddedServices.discard(data, cache());
        }
        return own(settings);
    }

    /// For a short command, which may share what another one runs.
    ///
    /// @param needed what it works with; of this, what the settings do not name is embedded
    public static Workplace share(Settings settings, Set<Service> needed)
            throws InterruptedException {
        if (needed.contains(Service.KAFKA)) {
            requireBroker(settings);
        }
        Set<Service> absent = embeddedOf(settings, needed);
        if (absent.isEmpty()) {
            return new Workplace(settings, none(), Optional.empty(), Optional.empty());
        }
        Optional<ServiceAddresses> shared =
                DataDirectory.isTaken(settings.data().directory())
                        ? ServiceAddresses.readFrom(settings.data().directory())
                        : Optional.empty();
        return shared.isPresent()
                ? new Workplace(settings, shared.get(), Optional.empty(), Optional.empty())
                : start(settings, needed);
    }

    /// Where somebody waits in front of the command: fails soon when the settings name a broker that is not there. What runs
    /// for long rather waits, as a broker may be starting.
    ///
    /// @throws org.apache.kafka.common.KafkaException with the reason
    public static void requireBroker(Settings settings) {
        settings.kafka().bootstrapServers().ifPresent(Brokers::requireOne);
    }

    public Settings settings() {
        return settings;
    }

    /// True when services are used that this command did not start: others may work with them too.
    public boolean isShared() {
        return services.isEmpty();
    }

    /// How to reach the broker.
    public KafkaConnection kafka() {
        return Resolved.kafka(settings)
                .or(
                        () ->
                                embedded.bootstrapServers()
                                        .map(servers -> new KafkaConnection(servers, Map.of())))
                .orElseThrow(() -> notThere("Kafka"));
    }

    /// How to reach the database.
    public DatabaseSettings database() {
        return settings.database()
                .url()
                .map(this::named)
                .or(() -> embedded.database().map(ServiceAddresses.Database::settings))
                .orElseThrow(() -> notThere("Postgres"));
    }

    private DatabaseSettings named(String url) {
        return new DatabaseSettings(
                url,
                settings.database().user(),
                Resolved.databasePassword(settings).orElse(""),
                Resolved.databaseTls(settings));
    }

    public TopicSettings topics() {
        return Resolved.topics(settings);
    }

    @Override
    public void close() {
        services.ifPresent(EmbeddedServices::close);
        data.ifPresent(DataDirectory::close);
    }

    /// Where the programs of Postgres are unpacked, once for all data directories of this user.
    public static Path cache() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path base =
                xdg != null && !xdg.isBlank()
                        ? Path.of(xdg)
                        : Path.of(
                                Objects.requireNonNullElse(System.getProperty("user.home"), "."),
                                ".cache");
        return base.resolve("tallystick").toAbsolutePath();
    }

    private static Workplace start(Settings settings, Set<Service> needed)
            throws InterruptedException {
        var data = DataDirectory.take(settings.data().directory());
        try {
            Set<Service> absent = embeddedOf(settings, needed);
            if (absent.isEmpty()) {
                return new Workplace(settings, none(), Optional.of(data), Optional.empty());
            }
            var services = EmbeddedServices.start(data, cache(), absent);
            return new Workplace(
                    settings, services.addresses(), Optional.of(data), Optional.of(services));
        } catch (RuntimeException | InterruptedException e) {
            data.close();
            throw e;
        }
    }

    private static Set<Service> embeddedOf(Settings settings, Set<Service> needed) {
        Set<Service> embedded = EnumSet.noneOf(Service.class);
        embedded.addAll(needed);
        if (settings.kafka().bootstrapServers().isPresent()) {
            embedded.remove(Service.KAFKA);
        }
        if (settings.database().url().isPresent()) {
            embedded.remove(Service.POSTGRES);
        }
        return embedded;
    }

    private static ServiceAddresses none() {
        return new ServiceAddresses(Optional.empty(), Optional.empty());
    }

    private EmbeddedException notThere(String what) {
        return new EmbeddedException(
                "embedded %s: not running in %s, which another short command uses just now (expected: try again)"
                        .formatted(what, settings.data().directory()));
    }
}
