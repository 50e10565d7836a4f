package tallystick.ops.embedded;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.kafka.KafkaConnection;

/// The broker and the database of one data directory, started side by side and stopped in order: Kafka first, since what
/// reads from it has been closed by then; Postgres, which holds the truth, last.
///
/// One thread. Whoever starts them closes them.
public final class EmbeddedServices implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedServices.class);

    private final EmbeddedPostgres postgres;
    private final EmbeddedKafka kafka;

    private EmbeddedServices(EmbeddedPostgres postgres, EmbeddedKafka kafka) {
        this.postgres = postgres;
        this.kafka = kafka;
    }

    /// @param data a directory that the caller has taken
    /// @param cache where programs are unpacked, for all data directories of this user
    public static EmbeddedServices start(DataDirectory data, Path cache)
            throws InterruptedException {
        long begun = System.nanoTime();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<EmbeddedPostgres> postgres = executor.submit(() -> startPostgres(data, cache));
            Future<EmbeddedKafka> kafka = executor.submit(() -> startKafka(data));
            var services = awaitBoth(postgres, kafka);
            LOG.atInfo()
                    .addKeyValue("postgres", services.jdbcUrl())
                    .addKeyValue("kafka", services.kafka().bootstrapServers())
                    .addKeyValue("took", Duration.ofNanos(System.nanoTime() - begun))
                    .log("embedded services started");
            return services;
        }
    }

    public static EmbeddedPostgres startPostgres(DataDirectory data, Path cache)
            throws InterruptedException {
        Path log = data.path().resolve("logs").resolve("postgres.log");
        return EmbeddedPostgres.start(data.path().resolve("postgres"), log, cache);
    }

    public static EmbeddedKafka startKafka(DataDirectory data) {
        return EmbeddedKafka.start(data.path().resolve("kafka"));
    }

    public KafkaConnection kafka() {
        return new KafkaConnection(kafka.bootstrapServers(), Map.of());
    }

    public String jdbcUrl() {
        return postgres.jdbcUrl();
    }

    public String user() {
        return postgres.user();
    }

    public String password() {
        return postgres.password();
    }

    @Override
    public void close() {
        try (postgres) {
            kafka.close();
        }
    }

    /// When one of the two fails, the other is stopped before the failure is told.
    private static EmbeddedServices awaitBoth(
            Future<EmbeddedPostgres> postgres, Future<EmbeddedKafka> kafka)
            throws InterruptedException {
        List<AutoCloseable> started = new ArrayList<>();
        List<Throwable> failures = new ArrayList<>();
        for (Future<? extends AutoCloseable> service : List.of(postgres, kafka)) {
            try {
                started.add(service.get());
            } catch (ExecutionException e) {
                failures.add(e.getCause());
            }
        }
        if (failures.isEmpty()) {
            return new EmbeddedServices(postgres.resultNow(), kafka.resultNow());
        }
        started.forEach(EmbeddedServices::closeQuietly);
        throw failures.getFirst() instanceof EmbeddedException known
                ? known
                : new EmbeddedException(
                        "embedded services: " + failures.getFirst(), failures.getFirst());
    }

    private static void closeQuietly(AutoCloseable service) {
        try {
            service.close();
        } catch (Exception e) {
            LOG.atWarn().setCause(e).log("a service did not stop in order");
        }
    }
}
