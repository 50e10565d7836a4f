package tallystick.ops.pipeline;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import tallystick.db.report.LedgerReading;
import tallystick.ingest.IngestConfig;
import tallystick.ingest.Ingestor;
import tallystick.ingest.NodeConfig;
import tallystick.ingest.books.BooksImport;
import tallystick.ops.config.Resolved;
import tallystick.reconcile.ReconcileConfig.Pace;
import tallystick.reconcile.Reconciler;
import tallystick.report.ReplayFiles;
import tallystick.simulator.replay.Replay;
import tallystick.simulator.replay.Replay.ReplayPlan;
import tallystick.simulator.replay.ReplayNode;

/// The whole pipeline on a recording: replaying nodes, the ingestor, the reconciler and the report of production, with the
/// replay's clock in place of the machine's. One thread.
public final class ReplayJob {
    /// Spreads retries only; a fixed seed makes two replays alike.
    private static final long SEED = 1;

    private final Workplace workplace;
    private final Replay replay;
    private final Request request;
    private final Progress progress;

    private ReplayJob(Workplace workplace, Replay replay, Request request, Progress progress) {
        this.workplace = workplace;
        this.replay = replay;
        this.request = request;
        this.progress = progress;
    }

    /// What is replayed.
    ///
    /// @param recording folder with one file per node
    /// @param books files of book entries, imported before the first message
    /// @param asOf the moment to decide for at the end; not before the recording's end
    /// @param data where the replay's place is kept
    public record Request(Path recording, List<Books> books, Instant asOf, Path data) {
        public Request {
            books = List.copyOf(books);
        }
    }

    /// @param source the system that the entries come from
    public record Books(Path file, String source) {}

    /// How a workplace is opened, once the recording is known to be readable.
    @FunctionalInterface
    public interface Opening {
        Workplace open() throws InterruptedException;
    }

    /// What came of it.
    public record Result(LedgerReading reading, List<LedgerReading> checkpoints, Path out) {
        public Result {
            checkpoints = List.copyOf(checkpoints);
        }
    }

    /// Replays, decides and writes all files to `out`.
    public static Result run(Request request, Opening opening, Path out, Progress progress)
            throws InterruptedException {
        progress.now("Reading the recording");
        Path home = request.data().resolve("replay");
        var plan =
                new ReplayPlan(
                        Ingestor.STREAMS,
                        Ingestor.LISTS,
                        home.resolve("nodes"),
                        Optional.of(home.resolve("place.json")));
        try (var replay = Replay.open(request.recording(), plan)) {
            progress.now("Starting broker and database");
            try (var workplace = opening.open()) {
                return new ReplayJob(workplace, replay, request, progress).run(out);
            }
        }
    }

    private Result run(Path out) throws InterruptedException {
        var checkpoints = new CheckpointReadings(request.data().resolve("replay/checkpoints"));
        try (var ledger = Ledger.prepare(workplace);
                var reconciler =
                        new Reconciler(
                                Resolved.reconcile(workplace.settings(), Pace.ON_DEMAND),
                                ledger.dataSource(),
                                workplace.kafka(),
                                workplace.topics(),
                                replay.clock())) {
            reconciler.start();
            progress.done(
                    "Broker and database started, ledger %s ready"
                            .formatted(workplace.settings().ledger().name()));
            importBooks();
            replayNodes(ledger, reconciler, checkpoints);
            progress.now("Deciding as of " + request.asOf());
            reconciler.applyNow();
            LedgerReading reading = ledger.read(request.asOf());
            progress.done("Register decided as of " + request.asOf());

            ReplayFiles.write(out, reading, checkpoints.all());
            new PathFile(
                            replay.served(),
                            RecordCount.byTopic(workplace.kafka(), workplace.topics()),
                            reading.counts())
                    .write(out);
            return new Result(reading, checkpoints.all(), out);
        }
    }

    private void importBooks() throws InterruptedException {
        var books = new BooksImport(workplace.kafka(), workplace.topics(), replay.clock());
        for (Books each : request.books()) {
            progress.now("Importing " + each.file());
            int entries = books.importFile(each.file(), each.source()).entries();
            progress.done("Books of %s: %d entries imported".formatted(each.source(), entries));
        }
    }

    private void replayNodes(Ledger ledger, Reconciler reconciler, CheckpointReadings checkpoints)
            throws InterruptedException {
        try (var ingestor =
                new Ingestor(
                        config(),
                        workplace.kafka(),
                        workplace.topics(),
                        replay.clock(),
                        replay::sleep,
                        new SplittableRandom(SEED))) {
            ingestor.start();
            replay.run(
                    new FollowedBy(ingestor),
                    request.asOf(),
                    new Listener(ledger, reconciler, checkpoints));
        }
        long messages = replay.served().values().stream().mapToLong(Long::longValue).sum();
        progress.done(
                "%d nodes replayed: %d messages by gRPC, through Kafka, into Postgres"
                        .formatted(replay.nodes().size(), messages));
    }

    private IngestConfig config() {
        return Resolved.ingest(workplace.settings())
                .withNodes(replay.nodes().stream().map(ReplayJob::node).toList());
    }

    private static NodeConfig node(ReplayNode node) {
        return new NodeConfig(
                node.alias(),
                node.host(),
                node.port(),
                node.tlsCertificate(),
                node.macaroon(),
                node.network());
    }

    private record FollowedBy(Ingestor ingestor) implements Replay.Follower {
        @Override
        public long taken(String alias, String rpc) {
            return ingestor.taken(alias, rpc);
        }

        @Override
        public CompletableFuture<Void> sweep(String alias) {
            return ingestor.sweepNow(alias);
        }
    }

    /// At each checkpoint the nodes stand still, so the ledger can be held against them.
    private final class Listener implements Replay.Listener {
        private final Ledger ledger;
        private final Reconciler reconciler;
        private final CheckpointReadings checkpoints;

        Listener(Ledger ledger, Reconciler reconciler, CheckpointReadings checkpoints) {
            this.ledger = ledger;
            this.reconciler = reconciler;
            this.checkpoints = checkpoints;
        }

        @Override
        public void progress(tallystick.simulator.replay.Progress at) {
            progress.now(
                    "Replaying line %,d of %,d, at %s, checkpoint %d of %d"
                            .formatted(
                                    at.lines(),
                                    at.totalLines(),
                                    at.at().truncatedTo(java.time.temporal.ChronoUnit.SECONDS),
                                    at.checkpoints(),
                                    at.totalCheckpoints()));
        }

        @Override
        public void checkpointDone(int number) {
            try {
                reconciler.applyNow();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // The replay ends at its next wait.
                return;
            }
            checkpoints.keep(number, ledger.read(replay.clock().instant()));
        }
    }
}
