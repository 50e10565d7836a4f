package tallystick.ops.pipeline;

import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import tallystick.db.report.LedgerReader;
import tallystick.db.report.LedgerReading;
import tallystick.db.seal.TamperFinding;
import tallystick.ingest.IngestConfig;
import tallystick.ingest.Ingestor;
import tallystick.ingest.NodeConfig;
import tallystick.ingest.books.BooksImport;
import tallystick.reconcile.LedgerOpening;
import tallystick.reconcile.LedgerVerification;
import tallystick.reconcile.ReconcileConfig;
import tallystick.reconcile.Reconciler;
import tallystick.simulator.replay.Progress;
import tallystick.simulator.replay.Replay;
import tallystick.simulator.replay.ReplayNode;

/// The whole pipeline on a recording. Nothing on the way is special: the production ingestor connects to nodes that replay,
/// the production reconciler applies what comes of it. Only the nodes' addresses and the clock differ, and batches are asked
/// for at each checkpoint, so that two replays cut them alike.
public final class ReplayPipeline {
    /// Backoff of the ingestor needs no variety here: there is one client.
    private static final long BACKOFF_SEED = 1;

    private final Place place;
    private final Watcher watcher;

    public ReplayPipeline(Place place, Watcher watcher) {
        this.place = place;
        this.watcher = watcher;
    }

    /// Reads the recording and starts its nodes: what is wrong with the input is found before anything else begins.
    public static Replay open(ReplayJob job) {
        var plan =
                new Replay.ReplayPlan(
                        Ingestor.STREAMS,
                        Ingestor.LISTS,
                        job.directory().resolve("nodes"),
                        Optional.of(job.directory().resolve("place")));
        Replay replay = Replay.open(job.recording(), plan);
        try {
            replay.requireNotBeforeEnd(job.asOf());
            return replay;
        } catch (RuntimeException e) {
            replay.close();
            throw e;
        }
    }

    /// Opens the recording and replays it.
    public ReplayResult run(ReplayJob job) throws InterruptedException {
        try (Replay replay = open(job)) {
            return run(job, replay);
        }
    }

    /// Replays all of it, or what an earlier replay on the same directory has left.
    public ReplayResult run(ReplayJob job, Replay replay) throws InterruptedException {
        job.openAt().ifPresent(moment -> LedgerOpening.fix(place.dataSource(), moment));
        try (Reconciler reconciler =
                worker(place, replay.clock(), ReconcileConfig.Pace.ON_DEMAND)) {
            reconciler.start();
            int entries = importBooks(job.books(), replay.clock());
            var checkpoints = new CheckpointReadings(job.directory().resolve("checkpoints"));
            try (Ingestor ingestor = ingestor(replay)) {
                ingestor.start();
                replay.run(
                        follower(ingestor), job.asOf(), listener(replay, reconciler, checkpoints));
                // Before the ingestor is closed: a transaction that it left open would have to time
                // out first.
                reconciler.applyNow();
            }
            SortedMap<String, Instant> down = replay.down();
            down.forEach((alias, since) -> watcher.done(notSwept(alias, since)));
            LedgerReading reading = reader().read(job.asOf());
            PathReport path =
                    PathReport.of(
                            replay.served(),
                            down,
                            place.kafka(),
                            place.topics(),
                            reading.counts(),
                            verify());
            return new ReplayResult(reading, checkpoints.all(), path, entries);
        }
    }

    /// Decides as a replay does: what is recorded has no age, and nobody minds that its nodes are silent since.
    public static Reconciler worker(Place place, InstantSource clock, ReconcileConfig.Pace pace) {
        ReconcileConfig defaults = ReconcileConfig.defaults(place.ledger());
        return new Reconciler(
                new ReconcileConfig(
                        place.ledger(),
                        place.rules().withoutBands().withoutSilence(),
                        defaults.workers(),
                        defaults.batchRecords(),
                        pace),
                place.dataSource(),
                place.kafka(),
                place.topics(),
                clock);
    }

    /// A ledger that was just made is as it was written, or Tallystick is at fault. Returns how much is not.
    private int verify() {
        watcher.now("Verifying the ledger");
        List<TamperFinding> findings =
                new LedgerVerification(place.dataSource(), place.topics())
                        .run(List.of(), what -> watcher.now("Verifying the ledger: " + what))
                        .findings();
        findings.forEach(one -> watcher.done("verify: " + one.inWords()));
        return findings.size();
    }

    private static String notSwept(String alias, Instant since) {
        return "%s: lnd down since %s, no last sweep; what was read before counts"
                .formatted(alias, since);
    }

    private int importBooks(List<ReplayJob.Books> books, InstantSource clock)
            throws InterruptedException {
        BooksImport importer = new BooksImport(place.kafka(), place.topics(), clock);
        int entries = 0;
        for (ReplayJob.Books one : books) {
            entries += importer.importFile(one.file(), one.source()).entries();
        }
        watcher.done("Books: %,d entries imported, 0 refused".formatted(entries));
        return entries;
    }

    private Ingestor ingestor(Replay replay) {
        List<NodeConfig> nodes = replay.nodes().stream().map(ReplayPipeline::config).toList();
        return new Ingestor(
                IngestConfig.defaults().withNodes(nodes),
                place.kafka(),
                place.topics(),
                replay.clock(),
                replay::sleep,
                new SplittableRandom(BACKOFF_SEED));
    }

    private static NodeConfig config(ReplayNode node) {
        return new NodeConfig(
                node.alias(),
                node.host(),
                node.port(),
                node.tlsCertificate(),
                node.macaroon(),
                node.network());
    }

    private static Replay.Follower follower(Ingestor ingestor) {
        return new Replay.Follower() {
            @Override
            public long taken(String alias, String rpc) {
                return ingestor.taken(alias, rpc);
            }

            @Override
            public CompletableFuture<Void> sweep(String alias) {
                return ingestor.sweepNow(alias);
            }

            @Override
            public CompletableFuture<Void> store(String alias) throws InterruptedException {
                return ingestor.committedSoFar(alias);
            }
        };
    }

    private Replay.Listener listener(
            Replay replay, Reconciler reconciler, CheckpointReadings checkpoints) {
        return new Replay.Listener() {
            @Override
            public void progress(Progress progress) {
                watcher.now(
                        "%s: %,d of %,d recorded lines, checkpoint %d of %d"
                                .formatted(
                                        progress.at(),
                                        progress.lines(),
                                        progress.totalLines(),
                                        progress.checkpoints(),
                                        progress.totalCheckpoints()));
            }

            @Override
            public void checkpointDone(int number) {
                try {
                    reconciler.applyNow();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new PipelineException("replay: interrupted", e);
                }
                Instant now = replay.clock().instant();
                checkpoints.keep(number, reader().read(now));
            }
        };
    }

    private LedgerReader reader() {
        return new LedgerReader(place.dataSource(), place.ledger(), place.zone());
    }

    /// Where a replay keeps its place and its nodes' certificates, in a data directory.
    public static Path directory(Path data) {
        return data.resolve("replay");
    }
}
