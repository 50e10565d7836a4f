package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.db.Database;
import tallystick.db.DatabaseSettings;
import tallystick.db.Migrator;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.TopicAdmin;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.ops.embedded.EmbeddedKafka;
import tallystick.ops.embedded.EmbeddedPostgres;
import tallystick.ops.pipeline.Place;
import tallystick.ops.pipeline.ReplayJob;
import tallystick.ops.pipeline.ReplayPipeline;
import tallystick.ops.pipeline.ReplayResult;
import tallystick.ops.pipeline.Watcher;

/// Everything goes by way of Kafka: without it no replay comes to its end.
class BrokerStoppedIT {
    private static final String LATE = "checkpoint 2 of";

    /// With a broker, what is left of the recording at that moment takes about half as long.
    private static final long WAIT_SECONDS = 8;

    @TempDir Path directory;

    @Test
    void aReplayDoesNotEndWhileTheBrokerIsStopped() throws Exception {
        EmbeddedKafka broker = EmbeddedKafka.start(directory.resolve("kafka"));
        var stopped = new CountDownLatch(1);
        try (var postgres =
                        EmbeddedPostgres.start(
                                directory.resolve("postgres"),
                                directory.resolve("postgres.log"),
                                Home.cache());
                var database = connect(postgres)) {
            Place place = place(database, broker);
            var pipeline =
                    new ReplayPipeline(
                            place,
                            onProgress(
                                    what -> {
                                        if (what.contains(LATE) && stopped.getCount() > 0) {
                                            broker.close();
                                            stopped.countDown();
                                        }
                                    }));
            var replay = new FutureTask<ReplayResult>(() -> pipeline.run(job()));
            Thread thread = Thread.ofPlatform().name("replay").start(replay);
            assertThat(stopped.await(2, TimeUnit.MINUTES)).isTrue();

            assertThatThrownBy(() -> replay.get(WAIT_SECONDS, TimeUnit.SECONDS))
                    .isInstanceOf(TimeoutException.class);

            thread.interrupt();
            assertThatThrownBy(() -> replay.get(2, TimeUnit.MINUTES))
                    .isInstanceOf(ExecutionException.class);
            try (var connection = place.dataSource().getConnection()) {
                Identity.requireHolds(connection);
            }
        } finally {
            if (stopped.getCount() > 0) {
                broker.close();
            }
        }
    }

    private ReplayJob job() {
        Path recording = MerchantDay.in(directory.resolve("recording")).recording();
        return new ReplayJob(
                recording,
                List.of(new ReplayJob.Books(recording.resolve("books.csv"), "books")),
                Instant.parse(MerchantDay.AS_OF),
                directory.resolve("replay"));
    }

    private static Database connect(EmbeddedPostgres postgres) throws Exception {
        return Database.connect(
                new DatabaseSettings(
                        postgres.jdbcUrl(),
                        postgres.user(),
                        Files.readString(postgres.passwordFile()).strip()));
    }

    private static Place place(Database database, EmbeddedKafka broker) throws Exception {
        new Migrator(database.dataSource()).migrate();
        var kafka = new KafkaConnection(broker.bootstrapServers(), Map.of());
        TopicSettings topics = TopicSettings.defaults();
        new TopicAdmin(kafka, topics).createAbsent();
        return new Place(
                "main", ZoneOffset.UTC, RuleSet.defaults(), kafka, topics, database.dataSource());
    }

    private static Watcher onProgress(Consumer<String> told) {
        return new Watcher() {
            @Override
            public void now(String what) {
                told.accept(what);
            }

            @Override
            public void done(String what) {
                told.accept(what);
            }
        };
    }
}
