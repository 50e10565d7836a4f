package tallystick.ops.pipeline;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import tallystick.ingest.Ingestor;
import tallystick.ingest.NodeStatus;
import tallystick.ingest.Sleeper;
import tallystick.kafka.TopicAdmin;
import tallystick.ops.config.Resolved;
import tallystick.ops.http.Meters;
import tallystick.ops.http.MetricsServer;

/// Only the way from the nodes to Kafka, on the machine's clock: for a process of its own. One thread.
public final class IngestRun implements AutoCloseable {
    private static final Duration LOOK = Duration.ofMillis(500);

    private final Ingestor ingestor;
    private final Told told = new Told();
    private final Refusals refusals = new Refusals();
    private Optional<MetricsServer> metrics = Optional.empty();

    private IngestRun(Ingestor ingestor) {
        this.ingestor = ingestor;
    }

    /// Makes topics that are absent, and starts; closing stops it.
    public static IngestRun start(Workplace workplace) throws InterruptedException {
        new TopicAdmin(workplace.kafka(), workplace.topics()).createAbsent();
        PrometheusMeterRegistry meters = Meters.create();
        var ingestor =
                new Ingestor(
                        Resolved.ingest(workplace.settings()),
                        workplace.kafka(),
                        workplace.topics(),
                        InstantSource.system(),
                        Sleeper.system(),
                        RandomGenerator.getDefault(),
                        meters);
        var run = new IngestRun(ingestor);
        try {
            run.metrics =
                    workplace
                            .settings()
                            .metrics()
                            .address()
                            .map(at -> MetricsServer.start(at, meters, ingestor::statuses));
            ingestor.start();
            return run;
        } catch (RuntimeException e) {
            run.close();
            throw e;
        }
    }

    /// Goes on until it is interrupted, or every node refuses.
    public void untilStopped(LiveRun.Listener listener) throws InterruptedException {
        while (true) {
            List<NodeStatus> statuses = ingestor.statuses();
            if (refusals.areFinal(statuses, ingestor.hasEnded())) {
                throw new LiveRun.NoNodeException(statuses.stream().map(LiveRun::inWords).toList());
            }
            statuses.forEach(s -> told.tell(s.alias(), LiveRun.inWords(s), listener));
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
        }
    }

    @Override
    public void close() {
        try {
            ingestor.close();
        } finally {
            metrics.ifPresent(MetricsServer::close);
        }
    }
}
