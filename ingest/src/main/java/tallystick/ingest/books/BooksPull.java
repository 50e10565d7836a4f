package tallystick.ingest.books;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;
import tallystick.ingest.publish.KafkaClients;
import tallystick.ingest.publish.Quarantine;
import tallystick.ingest.publish.Transactions;
import tallystick.ingest.record.Digest;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.books.BookEntry;
import tallystick.proto.v1.BooksCursor;

/// Reads book entries from the business's own database, again and again: each time what is above the last watermark, less an
/// overlap for rows that were committed late. The cursor is committed with the entries, in one transaction.
///
/// Any thread, except that `start` and `close` are called once each.
public final class BooksPull implements AutoCloseable {
    /// Ends a page early when rows are large.
    private static final int TRANSACTION_BYTES_MAX = 8 * 1024 * 1024;

    /// A query or a password that is wrong is not mended within seconds.
    private static final Duration REFUSED_PAUSE = Duration.ofMinutes(5);

    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(BooksPull.class);

    private final PullConfig config;
    private final RowSource source;
    private final KafkaClients clients;
    private final TopicSettings topics;
    private final InstantSource clock;
    private final Pauses pauses;
    private final PullCursors cursors;
    private final EntryRecords entryRecords;
    private final Quarantine quarantine;
    private final IntakeProgress progress;
    private final BlockingQueue<CompletableFuture<Void>> asked = new LinkedBlockingQueue<>();
    private final Thread thread;
    private volatile boolean stopping;

    /// Of the thread. Tells what this pull has written from what another has; 0 until it has taken the source over.
    private long term;

    /// @param clients closed by whoever made them
    public BooksPull(
            PullConfig config, KafkaClients clients, TopicSettings topics, InstantSource clock) {
        this(
                config,
                new SqlRows(config),
                clients,
                topics,
                clock,
                new Pauses(Pauses.MIN, Pauses.MAX));
    }

    BooksPull(
            PullConfig config,
            RowSource source,
            KafkaClients clients,
            TopicSettings topics,
            InstantSource clock,
            Pauses pauses) {
        this.config = config;
        this.source = source;
        this.clients = clients;
        this.topics = topics;
        this.clock = clock;
        this.pauses = pauses;
        this.cursors = new PullCursors(clients, topics, config);
        this.entryRecords = new EntryRecords(topics);
        this.quarantine = new Quarantine(topics);
        this.progress = new IntakeProgress("pull " + config.source());
        this.thread =
                Thread.ofPlatform()
                        .name("books-pull-" + config.source())
                        .daemon()
                        .unstarted(this::run);
    }

    public void start() {
        thread.start();
    }

    public IntakeStatus status() {
        return progress.status();
    }

    /// Completes when a reading that began after this call is committed; fails when it fails.
    public CompletableFuture<Void> takeNow() {
        var done = new CompletableFuture<Void>();
        asked.add(done);
        if (stopping) {
            done.completeExceptionally(
                    new IngestException(ErrorCode.EXTERNAL, progress.status().reason()));
        }
        return done;
    }

    /// Breaks off what is under way; the next start reads it again.
    @Override
    public void close() {
        stopping = true;
        source.cancel();
        thread.interrupt();
        try {
            thread.join(STOP_LIMIT);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (IllegalThreadStateException _) {
            // It was never started.
        }
        asked.forEach(done -> done.cancel(false));
    }

    private void run() {
        try {
            while (!stopping) {
                session();
            }
        } catch (Transactions.FencedException e) {
            stopping = true;
            tell(e);
        } catch (InterruptedException | InterruptException _) {
            LOG.atInfo().addKeyValue("source", config.source()).log("pull interrupted");
        }
    }

    /// As long as Kafka takes what is read. After a failure nobody knows whether the last commit arrived, so the next
    /// session reads the cursor anew.
    private void session() throws InterruptedException {
        try (var transactions =
                new Transactions(
                        clients,
                        "%s-pull-%s".formatted(topics.prefix(), config.source()),
                        1,
                        _ -> {},
                        this::isSucceeded)) {
            transactions.takeOver();
            Optional<BooksCursor> stored = cursors.read();
            term = Transactions.newTerm();
            transactions.commit(List.of(cursors.takenOver(stored, term, clock.instant())));
            var place = new Place(transactions, stored);
            while (!stopping) {
                readThenWait(place);
            }
        } catch (Transactions.FencedException e) {
            throw e;
        } catch (IngestException e) {
            failed(e);
        } catch (InterruptException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).addKeyValue("source", config.source()).log("pull failed");
            failed(
                    new IngestException(
                            ErrorCode.INTERNAL,
                            "internal error: %s (expected: none; see the log)".formatted(e),
                            e));
        }
    }

    private boolean isSucceeded() {
        try {
            return term != 0 && cursors.isSucceeded(term);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private void readThenWait(Place place) throws InterruptedException {
        List<CompletableFuture<Void>> waiting = new ArrayList<>();
        asked.drainTo(waiting);
        try {
            place.readAll();
            pauses.reset();
            progress.changed(IntakeState.LIVE, "");
            waiting.forEach(done -> done.complete(null));
        } catch (RowSourceException e) {
            // The database's trouble: what is known of Kafka stays known.
            asked.addAll(waiting);
            failed(e);
            return;
        } catch (RuntimeException | InterruptedException e) {
            asked.addAll(waiting);
            throw e;
        }
        pause(config.interval());
    }

    private void failed(IngestException failure) throws InterruptedException {
        if (stopping) {
            return;
        }
        tell(failure);
        pause(failure.code() == ErrorCode.USER ? REFUSED_PAUSE : pauses.next());
    }

    /// Those who wait for a reading too.
    private void tell(IngestException failure) {
        progress.changed(
                failure.code() == ErrorCode.USER ? IntakeState.REFUSED : IntakeState.DEGRADED,
                failure.reason());
        List<CompletableFuture<Void>> waiting = new ArrayList<>();
        asked.drainTo(waiting);
        waiting.forEach(done -> done.completeExceptionally(failure));
    }

    /// Ends early when somebody asks.
    private void pause(Duration duration) throws InterruptedException {
        CompletableFuture<Void> next = asked.poll(duration.toNanos(), TimeUnit.NANOSECONDS);
        if (next != null) {
            asked.add(next);
        }
    }

    /// How far the source has been read. One session, one thread.
    private final class Place {
        private final Transactions transactions;
        private final OverlapWindow window = new OverlapWindow();
        private final Optional<BooksCursor> stored;
        private boolean known;
        private Optional<Watermark> cursor = Optional.empty();

        Place(Transactions transactions, Optional<BooksCursor> stored) {
            this.transactions = transactions;
            this.stored = stored;
        }

        /// One reading to its end.
        void readAll() throws InterruptedException {
            Instant begin = clock.instant();
            try (RowSource.Reading reading = source.open()) {
                // The query's file may have changed since the last reading.
                if (!known || cursor.filter(c -> c.kind() != reading.kind()).isPresent()) {
                    cursor = cursors.fitting(stored, reading.kind());
                    known = true;
                }
                reading.begin(cursor.map(c -> c.lessOverlap(config)));
                var order = new Order();
                var page = new Page();
                for (var row = reading.next(); row.isPresent(); row = reading.next()) {
                    order.add(row.get());
                    page.add(row.get(), reading.kind());
                    if (page.isFull()) {
                        commit(page, order.passed, begin);
                        page = new Page();
                    }
                }
                commit(page, order.last, begin);
            }
        }

        private void commit(Page page, Optional<Watermark> passed, Instant begin)
                throws InterruptedException {
            Optional<Watermark> next =
                    passed.map(w -> w.notAfter(begin))
                            .filter(w -> cursor.isEmpty() || w.compareTo(cursor.get()) > 0);
            List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>(page.records);
            next.ifPresent(w -> records.add(cursors.record(w, term, clock.instant())));
            transactions.commit(records);
            cursor = next.or(() -> cursor);
            page.remember();
            cursor.ifPresent(c -> window.forgetUpTo(c.lessOverlap(config)));
            if (page.taken + page.quarantined > 0) {
                progress.counted(page.taken, page.quarantined, page.firstReason);
            }
        }

        /// Holds a reading to its order, without which a cursor would pass rows that are still to come.
        private final class Order {
            private Optional<Watermark> last = Optional.empty();

            /// All rows up to this have come. Of the last one itself, more may follow.
            private Optional<Watermark> passed = Optional.empty();

            void add(RowSource.Row row) {
                if (row.watermark().isEmpty() || row.watermark().equals(last)) {
                    return;
                }
                Watermark next = row.watermark().get();
                if (last.isPresent() && next.compareTo(last.get()) < 0) {
                    throw new RowSourceException(
                            ErrorCode.USER,
                            "query of books/%s: %s after %s (expected: ORDER BY %s)"
                                    .formatted(
                                            config.source(),
                                            next.text(),
                                            last.get().text(),
                                            config.watermarkColumn()),
                            null);
                }
                passed = last;
                last = row.watermark();
            }
        }

        /// Rows of one transaction.
        private final class Page {
            private final List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
            private final List<Seen> seen = new ArrayList<>();
            private long bytes;
            private long taken;
            private long quarantined;
            private String firstReason = "";

            private record Seen(Watermark watermark, Digest digest) {}

            boolean isFull() {
                return seen.size() >= config.pageSize() || bytes >= TRANSACTION_BYTES_MAX;
            }

            void add(RowSource.Row row, Watermark.Kind kind) {
                Digest digest = Digest.of(Digest.part(RowJson.of(row.fields())));
                // A row without one comes with every reading; it is remembered for ever.
                Watermark watermark = row.watermark().orElse(new Watermark(kind, Long.MAX_VALUE));
                if (window.holds(watermark, digest)) {
                    return;
                }
                seen.add(new Seen(watermark, digest));
                if (row.watermark().isEmpty()) {
                    refuse(
                            row,
                            "%s: none (expected: a value that grows with every change)"
                                    .formatted(config.watermarkColumn()));
                    return;
                }
                var parser = new EntryParser(config.source(), row.fields());
                List<BookEntry> entries = parser.parse();
                if (!parser.errors().isEmpty()) {
                    refuse(row, String.join("; ", parser.errors()));
                    return;
                }
                taken++;
                entryRecords.of(entries, clock.instant()).forEach(this::add);
            }

            private void add(ProducerRecord<byte[], byte[]> record) {
                records.add(record);
                bytes += record.value().length;
            }

            private void refuse(RowSource.Row row, String reason) {
                quarantined++;
                firstReason = firstReason.isEmpty() ? reason : firstReason;
                String name = "/books/" + config.source();
                add(
                        quarantine.record(
                                new Quarantine.Refused(
                                        name,
                                        row.fields().getOrDefault("entry_id", ""),
                                        "application/json",
                                        name.getBytes(UTF_8),
                                        RowJson.of(row.fields()).getBytes(UTF_8)),
                                reason,
                                Map.of(),
                                clock.instant()));
            }

            void remember() {
                boolean isAll = true;
                for (Seen row : seen) {
                    isAll &= window.add(row.watermark(), row.digest());
                }
                if (!isAll) {
                    LOG.atWarn()
                            .addKeyValue("source", config.source())
                            .log(
                                    "more than {} rows in the overlap; the others are published with every reading (expected: a shorter overlap)",
                                    OverlapWindow.ROWS_MAX);
                }
            }
        }
    }
}
