package tallystick.ops.pipeline;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import tallystick.db.report.LedgerReading;
import tallystick.ingest.Ingestor;
import tallystick.ingest.NodeState;
import tallystick.ingest.NodeStatus;
import tallystick.ingest.Sleeper;
import tallystick.ops.config.Resolved;
import tallystick.ops.http.Meters;
import tallystick.ops.http.MetricsServer;
import tallystick.reconcile.ReconcileConfig.Pace;
import tallystick.reconcile.Reconciler;

/// Ingest and reconcile against the configured nodes, on the machine's clock. One thread.
public final class LiveRun implements AutoCloseable {
    private static final Duration LOOK = Duration.ofMillis(500);

    private final Ledger ledger;
    private final Reconciler reconciler;
    private final Ingestor ingestor;
    private final InstantSource clock;
    private final Map<String, NodeStatus> told = new HashMap<>();
    private Optional<MetricsServer> metrics = Optional.empty();

    private LiveRun(Ledger ledger, Reconciler reconciler, Ingestor ingestor, InstantSource clock) {
        this.ledger = ledger;
        this.reconciler = reconciler;
        this.ingestor = ingestor;
        this.clock = clock;
    }

    /// Hears of every change of a node's state.
    @FunctionalInterface
    public interface Listener {
        void changed(NodeStatus status);
    }

    /// No node can be followed, or not in time: says of each why.
    public static final class NoNodeException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NoNodeException(List<String> reasons) {
            super(String.join(System.lineSeparator(), reasons));
        }
    }

    /// Starts both; closing stops them in order.
    public static LiveRun start(Workplace workplace) throws InterruptedException {
        var clock = InstantSource.system();
        PrometheusMeterRegistry meters = Meters.create();
        Ledger ledger = Ledger.prepare(workplace);
        var reconciler =
                new Reconciler(
                        Resolved.reconcile(workplace.settings(), Pace.CONTINUOUS),
                        ledger.dataSource(),
                        workplace.kafka(),
                        workplace.topics(),
                        clock);
        var ingestor =
                new Ingestor(
                        Resolved.ingest(workplace.settings()),
                        workplace.kafka(),
                        workplace.topics(),
                        clock,
                        Sleeper.system(),
                        RandomGenerator.getDefault());
        var run = new LiveRun(ledger, reconciler, ingestor, clock);
        try {
            run.metrics =
                    workplace
                            .settings()
                            .metrics()
                            .address()
                            .map(at -> MetricsServer.start(at, meters, ingestor::statuses));
            reconciler.start();
            ingestor.start();
            return run;
        } catch (RuntimeException | InterruptedException e) {
            run.close();
            throw e;
        }
    }

    /// Goes on until it is interrupted, the reconciler fails, or every node refuses.
    public void untilStopped(Listener listener) throws InterruptedException {
        while (true) {
            reconciler.throwIfFailed();
            List<NodeStatus> statuses = ingestor.statuses();
            if (statuses.stream().allMatch(status -> status.state() == NodeState.REFUSED)) {
                throw new NoNodeException(statuses.stream().map(LiveRun::inWords).toList());
            }
            tell(listener);
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
        }
    }

    /// Reads every list of every node once, applies everything, and returns what the ledger then says.
    ///
    /// @throws NoNodeException when a node does not come to that within the limit
    public LedgerReading once(Duration limit, Listener listener) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        Map<String, CompletableFuture<Void>> sweeps = new HashMap<>();
        ingestor.statuses()
                .forEach(node -> sweeps.put(node.alias(), ingestor.sweepNow(node.alias())));
        List<String> failures = new ArrayList<>();
        for (NodeStatus node : ingestor.statuses()) {
            try {
                CompletableFuture<Void> sweep =
                        sweeps.getOrDefault(node.alias(), CompletableFuture.completedFuture(null));
                sweep.get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (ExecutionException | TimeoutException e) {
                failures.add(reason(node.alias(), e));
            }
            if (failures.isEmpty()) {
                tell(listener);
            }
        }
        if (!failures.isEmpty()) {
            throw new NoNodeException(failures);
        }
        reconciler.applyNow();
        return ledger.read(clock.instant());
    }

    @Override
    public void close() {
        try (ledger;
                reconciler) {
            ingestor.close();
        } finally {
            metrics.ifPresent(MetricsServer::close);
        }
    }

    private String reason(String alias, Exception failure) {
        return ingestor.statuses().stream()
                .filter(status -> status.alias().equals(alias) && !status.reason().isEmpty())
                .map(LiveRun::inWords)
                .findFirst()
                .orElse("node %s: %s".formatted(alias, failure));
    }

    private void tell(Listener listener) {
        for (NodeStatus status : ingestor.statuses()) {
            NodeStatus before = told.put(status.alias(), status);
            if (!status.equals(before)) {
                listener.changed(status);
            }
        }
    }

    /// One line for people.
    public static String inWords(NodeStatus status) {
        String state =
                switch (status.state()) {
                    case CONNECTING -> "connecting";
                    case WAITING_FOR_UNLOCK -> "waiting for its wallet to be unlocked";
                    case CATCHING_UP -> "connected, reading what exists";
                    case LIVE -> "live";
                    case DEGRADED -> "lost for now, trying again";
                    case REFUSED -> "refused";
                };
        // The reason begins with the node's name where it stands alone.
        String reason = status.reason().replace("node %s, ".formatted(status.alias()), "");
        return "node %s: %s%s"
                .formatted(status.alias(), state, reason.isEmpty() ? "" : ": " + reason);
    }
}
