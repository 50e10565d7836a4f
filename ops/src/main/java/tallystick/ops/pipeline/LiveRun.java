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
import tallystick.ingest.NodeStatus;
import tallystick.ingest.Sleeper;
import tallystick.ingest.books.BooksIntake;
import tallystick.ingest.books.IntakeStatus;
import tallystick.ops.config.Resolved;
import tallystick.ops.http.Meters;
import tallystick.ops.http.MetricsServer;
import tallystick.reconcile.ReconcileConfig.Pace;
import tallystick.reconcile.Reconciler;
import tallystick.report.day.DueReports;

/// Ingest, from the configured nodes and the books, and reconcile, on the machine's clock. One thread.
public final class LiveRun implements AutoCloseable {
    private static final Duration LOOK = Duration.ofMillis(500);

    private final Ledger ledger;
    private final Reconciler reconciler;
    private final Ingestor ingestor;
    private final BooksIntake books;
    private final ReportSchedule reports;
    private final InstantSource clock;
    private final Told told = new Told();
    private final Refusals refusals = new Refusals();
    private Optional<MetricsServer> metrics = Optional.empty();

    private LiveRun(
            Ledger ledger,
            Reconciler reconciler,
            Ingestor ingestor,
            BooksIntake books,
            ReportSchedule reports,
            InstantSource clock) {
        this.ledger = ledger;
        this.reconciler = reconciler;
        this.ingestor = ingestor;
        this.books = books;
        this.reports = reports;
        this.clock = clock;
    }

    /// Hears of every change of a node's state, and of the state of a way in for book entries.
    @FunctionalInterface
    public interface Listener {
        /// @param inWords one line for people
        void changed(String inWords);
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
                        RandomGenerator.getDefault(),
                        meters);
        var books =
                new BooksIntake(
                        Resolved.books(workplace.settings()),
                        workplace.kafka(),
                        workplace.topics(),
                        clock);
        books.registerIn(meters);
        var reports =
                new ReportSchedule(
                        new DueReports(
                                ledger.reports(),
                                workplace.settings().ledger().timeZone(),
                                workplace.settings().report().cutOff(),
                                workplace.settings().report().patience(),
                                clock));
        var run = new LiveRun(ledger, reconciler, ingestor, books, reports, clock);
        try {
            run.metrics =
                    workplace
                            .settings()
                            .metrics()
                            .address()
                            .map(
                                    at ->
                                            MetricsServer.start(
                                                    at,
                                                    meters,
                                                    ingestor::statuses,
                                                    books::statuses));
            reconciler.start();
            books.start();
            ingestor.start();
            reports.start();
            return run;
        } catch (RuntimeException | InterruptedException e) {
            run.close();
            throw e;
        }
    }

    /// Goes on until it is interrupted, the reconciler fails, or every node refuses.
    public void untilStopped(Listener listener) throws InterruptedException {
        while (true) {
            look(listener);
            TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
        }
    }

    /// Tells what has changed since the last look.
    ///
    /// @throws NoNodeException when every node refuses; what the reconciler failed with, when it has failed
    public void look(Listener listener) {
        reconciler.throwIfFailed();
        List<NodeStatus> statuses = ingestor.statuses();
        if (refusals.areFinal(statuses, ingestor.hasEnded())) {
            throw new NoNodeException(statuses.stream().map(LiveRun::inWords).toList());
        }
        tell(listener);
    }

    /// Reads every list of every node once, takes the book entries that are there, applies everything, and returns what the
    /// ledger then says.
    ///
    /// @throws NoNodeException when a node, or a way in for entries, does not come to that within the limit
    public LedgerReading once(Duration limit, Listener listener) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        Map<String, CompletableFuture<Void>> sweeps = new HashMap<>();
        ingestor.statuses()
                .forEach(node -> sweeps.put(node.alias(), ingestor.sweepNow(node.alias())));
        Map<String, CompletableFuture<Void>> entries = books.takeNow();
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
        for (var intake : entries.entrySet()) {
            try {
                intake.getValue().get(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (ExecutionException | TimeoutException e) {
                failures.add(booksReason(intake.getKey(), e));
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
                reconciler;
                ingestor;
                reports) {
            books.close();
        } finally {
            metrics.ifPresent(MetricsServer::close);
        }
    }

    private String booksReason(String name, Exception failure) {
        return books.statuses().stream()
                .filter(status -> status.name().equals(name) && !status.reason().isEmpty())
                .map(LiveRun::inWords)
                .findFirst()
                .orElse("books, %s: %s".formatted(name, failure));
    }

    private String reason(String alias, Exception failure) {
        return ingestor.statuses().stream()
                .filter(status -> status.alias().equals(alias) && !status.reason().isEmpty())
                .map(LiveRun::inWords)
                .findFirst()
                .orElse("node %s: %s".formatted(alias, failure));
    }

    private void tell(Listener listener) {
        ingestor.statuses().forEach(s -> told.tell("node " + s.alias(), inWords(s), listener));
        books.statuses().forEach(s -> told.tell("books " + s.name(), inWords(s), listener));
    }

    /// The same, of a way in for book entries.
    public static String inWords(IntakeStatus status) {
        String state =
                switch (status.state()) {
                    case STARTING -> "connecting";
                    case LIVE -> "live";
                    case DEGRADED -> "lost for now, trying again";
                    case REFUSED -> "refused";
                };
        return "books, %s: %s%s"
                .formatted(
                        status.name(),
                        state,
                        status.reason().isEmpty() ? "" : ": " + status.reason());
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
