package tallystick.ops.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The broker and the database of one data directory, started side by side and stopped in order: Kafka first, since what
/// reads from it has been closed by then; Postgres, which holds the truth, last.
///
/// While they run, a file in the directory says where they are, for other commands of the same user.
///
/// One thread. Whoever starts them closes them.
public final class EmbeddedServices implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedServices.class);

    /// What can be embedded.
    public enum Service {
        POSTGRES,
        KAFKA
    }

    private final DataDirectory data;
    private final Optional<EmbeddedPostgres> postgres;
    private final Optional<EmbeddedKafka> kafka;

    private EmbeddedServices(
            DataDirectory data,
            Optional<EmbeddedPostgres> postgres,
            Optional<EmbeddedKafka> kafka) {
        this.data = data;
        this.postgres = postgres;
        this.kafka = kafka;
    }

    /// @param data a directory that the caller has taken
    /// @param cache where programs are unpacked, for all data directories of this user
    /// @param wanted what to start
    public static EmbeddedServices start(DataDirectory data, Path cache, Set<Service> wanted)
            throws InterruptedException {
        long begun = System.nanoTime();
        ServiceAddresses.removeFrom(data.path()); // Of a program that was killed.
        Map<Service, AutoCloseable> started = startAll(data, cache, wanted);
        var services =
                new EmbeddedServices(
                        data,
                        Optional.ofNullable((EmbeddedPostgres) started.get(Service.POSTGRES)),
                        Optional.ofNullable((EmbeddedKafka) started.get(Service.KAFKA)));
        services.addresses().writeTo(data.path());
        LOG.atInfo()
                .addKeyValue(
                        "postgres",
                        services.postgres.map(it -> "port " + it.port()).orElse("elsewhere"))
                .addKeyValue(
                        "kafka",
                        services.kafka.map(EmbeddedKafka::bootstrapServers).orElse("elsewhere"))
                .addKeyValue("took", Duration.ofNanos(System.nanoTime() - begun))
                .log("embedded services started");
        return services;
    }

    /// Removes all data of both services, for good. A server that outlived its program is stopped first.
    public static void discard(DataDirectory data, Path cache) throws InterruptedException {
        ServiceAddresses.removeFrom(data.path());
        EmbeddedPostgres.stopLeftOver(postgresHome(data), postgresLog(data), cache);
        try {
            Trees.delete(postgresHome(data));
            Trees.delete(data.path().resolve("kafka"));
        } catch (IOException e) {
            throw new EmbeddedException(
                    "data directory: %s: %s (expected: files that can be removed)"
                            .formatted(data.path(), e),
                    e);
        }
    }

    /// Where the services are.
    public ServiceAddresses addresses() {
        return new ServiceAddresses(
                kafka.map(EmbeddedKafka::bootstrapServers),
                postgres.map(EmbeddedPostgres::address));
    }

    @Override
    public void close() {
        ServiceAddresses.removeFrom(data.path());
        try {
            kafka.ifPresent(EmbeddedKafka::close);
        } finally {
            postgres.ifPresent(EmbeddedPostgres::close);
        }
    }

    private static Map<Service, AutoCloseable> startAll(
            DataDirectory data, Path cache, Set<Service> wanted) throws InterruptedException {
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Map<Service, Future<? extends AutoCloseable>> starting = new EnumMap<>(Service.class);
            for (Service service : wanted) {
                Callable<AutoCloseable> start =
                        switch (service) {
                            case POSTGRES -> () -> startPostgres(data, cache);
                            case KAFKA -> () -> EmbeddedKafka.start(data.path().resolve("kafka"));
                        };
                starting.put(service, executor.submit(start));
            }
            try {
                return awaitAll(starting);
            } catch (InterruptedException e) {
                starting.values().forEach(EmbeddedServices::closeOnceStarted);
                throw e;
            }
        }
    }

    /// Who was interrupted gets none of the services, so nobody else would stop what is on its way.
    private static void closeOnceStarted(Future<? extends AutoCloseable> starting) {
        try {
            closeQuietly(starting.get());
        } catch (ExecutionException e) {
            LOG.atInfo().setCause(e).log("a service did not start");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static EmbeddedPostgres startPostgres(DataDirectory data, Path cache)
            throws InterruptedException {
        return EmbeddedPostgres.start(postgresHome(data), postgresLog(data), cache);
    }

    private static Path postgresHome(DataDirectory data) {
        return data.path().resolve("postgres");
    }

    private static Path postgresLog(DataDirectory data) {
        return data.path().resolve("logs").resolve("postgres.log");
    }

    /// When one of them fails, the others are stopped before the failure is told.
    private static Map<Service, AutoCloseable> awaitAll(
            Map<Service, Future<? extends AutoCloseable>> starting) throws InterruptedException {
        Map<Service, AutoCloseable> started = new EnumMap<>(Service.class);
        List<Throwable> failures = new ArrayList<>();
        for (var service : starting.entrySet()) {
            try {
                started.put(service.getKey(), service.getValue().get());
            } catch (ExecutionException e) {
                failures.add(e.getCause());
            }
        }
        if (failures.isEmpty()) {
            return started;
        }
        started.values().forEach(EmbeddedServices::closeQuietly);
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
