package tallystick.ingest.publish;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;
import tallystick.ingest.known.KnownFacts;
import tallystick.ingest.known.NodeList;
import tallystick.ingest.record.NodeMessage;
import tallystick.kafka.TopicSettings;
import tallystick.proto.v1.NodeCursors;

/// Publishes what one node says: takes messages from a bounded queue in the order they were put, and writes what is news,
/// together with what it has to remember, in transactions.
///
/// `open` comes first; `run` belongs to one thread; the other methods may be called from any.
public final class NodePublisher {
    /// Messages of one transaction: enough that a commit's round trip does not matter, few enough to be done again cheaply.
    private static final int TRANSACTION_MESSAGES_MAX = 2_000;

    /// From the beginning of one transaction to that of the next, unless there is enough for a full one. A broker is still busy
    /// with a transaction for some milliseconds after it was committed, and makes the next one wait longer than that; and at
    /// most so many transactions a second bound what a busy node costs the broker. After a pause, a message goes at once.
    private static final Duration TRANSACTION_INTERVAL = Duration.ofMillis(20);

    private static final String RENUMBERED =
            "node %s: its indexes were renumbered (expected: a new connection, by which everything is read again)";

    private static final Logger LOG = LoggerFactory.getLogger(NodePublisher.class);

    private final String alias;
    private final KafkaClients clients;
    private final InstantSource clock;
    private final Pace pace;
    private final PublishQueue queue;
    private final StateStore store;
    private final RecordWriter writer;
    private final CoverageWriter coverage;
    private final Transactions transactions;
    private final Listener listener;
    private final AtomicLong arrivals = new AtomicLong();
    private final NodeIdentity identity;
    private volatile NodeCursors committed = NodeCursors.getDefaultInstance();
    private volatile @Nullable IngestException stopped;

    // Of the publishing thread, once it runs.
    private @Nullable Publication publication;
    private List<QueueItem> inHand = List.of();

    /// When the last transaction was begun. A batch that writes nothing has none.
    private long begunNanos = System.nanoTime();

    private boolean wasFull;

    /// Tells what this ingestor has written from what another has; 0 until it has taken the node over.
    private long term;

    /// Where in the state topic everything begins that was written since.
    private long takenOverAt;

    /// Hears what concerns the one who follows the node.
    public interface Listener {
        /// What is wrong with Kafka while there is something, and empty when it is over.
        void kafka(Optional<String> trouble);

        /// The node's indexes are not those of before: a new connection is needed, and everything read again.
        void renumbered(IngestException reason);

        /// A batch is committed.
        void published(Published published);
    }

    /// What one transaction held.
    ///
    /// @param records how many of each kind, besides what is for ourselves
    /// @param oldestStreamed when the oldest message of each stream in it was seen, by the stream's rpc
    /// @param open facts of the node that may still change
    /// @param hasGaps whether numbers are missing that a sweep has not explained
    public record Published(
            Map<Kind, Integer> records,
            Map<String, Instant> oldestStreamed,
            int open,
            boolean hasGaps) {}

    /// @param list for example `invoices`
    /// @param source how it was read: `stream`, `sweep`
    public record Kind(String list, String source) {}

    public NodePublisher(
            String alias,
            NodeIdentity identity,
            KafkaClients clients,
            TopicSettings topics,
            int queueBytes,
            InstantSource clock,
            Pace pace,
            Listener listener) {
        this.alias = alias;
        this.identity = identity;
        this.clients = clients;
        this.clock = clock;
        this.pace = pace;
        this.listener = listener;
        this.queue = new PublishQueue(queueBytes);
        this.store = new StateStore(clients, topics);
        this.writer = new RecordWriter(topics);
        this.coverage = new CoverageWriter(topics, alias);
        this.transactions =
                new Transactions(
                        clients,
                        "%s-ingest-%s".formatted(topics.prefix(), identity.id().pubkey()),
                        Integer.MAX_VALUE,
                        listener::kafka,
                        this::isSucceeded);
    }

    /// Takes the node over from whoever published it before, and reads what that one has left.
    public void open() throws InterruptedException {
        // In this order: when the other can write no more, what is read is the last of it.
        boolean isOpen = false;
        try {
            transactions.takeOver();
            StateStore.Stored stored = store.read(identity.id());
            committed = stored.cursors().orElse(NodeCursors.getDefaultInstance());
            takenOverAt = stored.end();
            term = Transactions.newTerm();
            NodeCursors cursors = stamped(committed.toBuilder().setTerm(term).build());
            List<ProducerRecord<byte[], byte[]>> records =
                    new ArrayList<>(
                            coverage.announcement(
                                    identity, cursors.getIndexEpoch(), clock.instant()));
            records.add(store.record(identity.id(), cursors));
            transactions.commit(records);
            committed = cursors;
            publication = new Publication(identity, writer, stored.facts(), cursors);
            isOpen = true;
        } finally {
            if (!isOpen) {
                transactions.close();
            }
        }
    }

    private boolean isSucceeded() {
        return term != 0 && store.isSucceeded(identity.id(), term, takenOverAt);
    }

    /// True when it will publish no more.
    public boolean isStopped() {
        return stopped != null;
    }

    /// Cursors of what is safe in Kafka.
    public NodeCursors committed() {
        return committed;
    }

    // --- what is read

    /// A new connection is going to be read. What comes from now on comes by it.
    ///
    /// @return done when everything that came before is committed
    public CompletableFuture<Void> connected(NodeIdentity node) throws InterruptedException {
        var done = new CompletableFuture<Void>();
        put(new QueueItem.Connected(node, done));
        return done;
    }

    /// Done when everything that was put so far is committed.
    public CompletableFuture<Void> committedSoFar() throws InterruptedException {
        var done = new CompletableFuture<Void>();
        put(new QueueItem.Marker(done));
        return done;
    }

    /// Puts a message of a stream; waits while the queue is full.
    ///
    /// @param rpc full name of the stream
    public void streamed(String rpc, Instant at, NodeMessage message) throws InterruptedException {
        put(new QueueItem.Streamed(rpc, at, message, arrivals.incrementAndGet()));
    }

    /// How many messages of streams have been put. To be asked before a list is, and handed in with the answer.
    public long arrivals() {
        return arrivals.get();
    }

    /// To be called before the first list is asked for.
    ///
    /// @param isRescan whether every list is going to be read from its beginning
    /// @param isSynced whether the node's wallet has seen the chain up to that height
    public void sweepBegan(boolean isRescan, int blockHeight, boolean isSynced)
            throws InterruptedException {
        put(new QueueItem.SweepBegan(isRescan, arrivals(), blockHeight, isSynced));
    }

    /// A list is going to be put page by page.
    public void listBegan(NodeList list, long fromPage) throws InterruptedException {
        put(new QueueItem.ListBegan(list, fromPage));
    }

    /// Puts a part of such a list, read now.
    public void listed(NodeList list, long asked, List<NodeMessage> messages)
            throws InterruptedException {
        listed(list, asked, clock.instant(), messages);
    }

    /// Puts a part of such a list.
    ///
    /// @param at when it was read
    public void listed(NodeList list, long asked, Instant at, List<NodeMessage> messages)
            throws InterruptedException {
        put(new QueueItem.Listed(QueueItem.Reading.IN_PAGES, list, at, asked, messages));
    }

    /// Puts answers that stand for themselves, read now.
    public void read(NodeList list, long asked, List<NodeMessage> messages)
            throws InterruptedException {
        read(list, asked, clock.instant(), messages);
    }

    /// Puts answers that stand for themselves.
    ///
    /// @param at when they were read
    public void read(NodeList list, long asked, Instant at, List<NodeMessage> messages)
            throws InterruptedException {
        put(new QueueItem.Listed(QueueItem.Reading.ONE_BY_ONE, list, at, asked, messages));
    }

    /// All of the list, read now, has been put. The result are the open facts that were not in it.
    public CompletableFuture<List<KnownFacts.Missing>> listEnded(NodeList list)
            throws InterruptedException {
        return listEnded(list, clock.instant());
    }

    /// All of the list has been put.
    ///
    /// @param at when it was read
    /// @return the open facts that were not in it
    public CompletableFuture<List<KnownFacts.Missing>> listEnded(NodeList list, Instant at)
            throws InterruptedException {
        var missing = new CompletableFuture<List<KnownFacts.Missing>>();
        put(new QueueItem.ListEnded(list, at, missing));
        return missing;
    }

    /// The node does not have what was missing.
    public void absent(NodeList list, KnownFacts.Missing what) throws InterruptedException {
        put(new QueueItem.Absent(clock.instant(), list, what));
    }

    /// The node's indexes were found to mean something else. The result is done when cursors say so.
    public CompletableFuture<Void> renumbered(String sign) throws InterruptedException {
        var done = new CompletableFuture<Void>();
        put(new QueueItem.Renumbered(sign, done));
        return done;
    }

    /// To be called when all lists have been put. `done` is completed when all of it is committed.
    public void sweepEnded(
            Instant began, Duration took, int blockHeight, CompletableFuture<Void> done)
            throws InterruptedException {
        put(new QueueItem.SweepEnded(began, clock.instant(), took, blockHeight, done));
    }

    // --- publishing

    /// Publishes until interrupted.
    ///
    /// @throws IngestException when it must not go on; whoever waits for a sweep is told
    public void run() throws InterruptedException {
        Publication current = publication;
        if (current == null) {
            throw new IllegalStateException("publisher of %s: not open".formatted(alias));
        }
        try (transactions) {
            while (true) {
                QueueItem first = queue.take();
                awaitTurn();
                List<QueueItem> batch = queue.batch(first, TRANSACTION_MESSAGES_MAX);
                wasFull = PublishQueue.messages(batch) >= TRANSACTION_MESSAGES_MAX;
                inHand = batch;
                publish(current, batch);
                inHand = List.of();
                queue.release(batch);
            }
        } catch (IngestException e) {
            stop(e);
            throw e;
        } catch (RuntimeException e) {
            var failure =
                    new IngestException(
                            ErrorCode.INTERNAL, "publisher of %s: %s".formatted(alias, e), e);
            stop(failure);
            throw failure;
        }
    }

    private void awaitTurn() throws InterruptedException {
        long rest = begunNanos + TRANSACTION_INTERVAL.toNanos() - System.nanoTime();
        if (rest > 0 && !wasFull) {
            clients.pause(Duration.ofNanos(rest));
        }
        Duration turn = wasFull ? Duration.ZERO : pace.next(System.nanoTime());
        if (turn.isPositive()) {
            clients.pause(turn);
        }
    }

    private void put(QueueItem item) throws InterruptedException {
        IngestException reason = stopped;
        if (reason != null) {
            throw reason;
        }
        if (!queue.put(item)) {
            throw new IngestException(
                    ErrorCode.EXTERNAL,
                    "node %s: Kafka took nothing for %d s (expected: an end to that, the node is read no further meanwhile)"
                            .formatted(alias, PublishQueue.PATIENCE.toSeconds()));
        }
        IngestException since = stopped;
        if (since != null) {
            fail(item, since);
            throw since;
        }
    }

    private void publish(Publication current, List<QueueItem> batch) throws InterruptedException {
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (QueueItem item : batch) {
            current.apply(item, records);
            if (item instanceof QueueItem.SweepBegan && !current.gaps().isEmpty()) {
                records.addAll(
                        coverage.gaps(
                                current.node(),
                                current.cursors().indexEpoch(),
                                current.gaps(),
                                clock.instant()));
            }
        }
        Map<Kind, Integer> counts = current.takeCounts();
        records.addAll(store.changes(identity.id(), current.facts()));
        NodeCursors next = stamped(current.cursors().snapshot());
        if (!next.equals(committed)) {
            records.add(store.record(identity.id(), next));
        }
        if (!records.isEmpty()) {
            begunNanos = System.nanoTime();
            transactions.commit(records);
        }
        committed = next;
        listener.published(
                new Published(
                        counts,
                        oldestStreamed(batch),
                        current.facts().openCount(),
                        current.cursors().hasGaps()));
        current.takeSign().ifPresent(this::raised);
        for (QueueItem item : batch) {
            switch (item) {
                case QueueItem.Renumbered renumbered -> renumbered.done().complete(null);
                case QueueItem.Connected connected -> connected.done().complete(null);
                case QueueItem.Marker marker -> marker.done().complete(null);
                default -> {
                    // Nobody waits for it.
                }
            }
        }
        if (batch.getLast() instanceof QueueItem.SweepEnded ended) {
            if (current.isStale()) {
                fail(ended, new IngestException(ErrorCode.EXTERNAL, RENUMBERED.formatted(alias)));
            } else {
                publishCoverage(current, ended);
            }
        }
    }

    private void raised(String sign) {
        LOG.atWarn()
                .addKeyValue("node", alias)
                .addKeyValue("index_epoch", committed.getIndexEpoch())
                .log("indexes were renumbered: {}; everything is read again", sign);
        listener.renumbered(new IngestException(ErrorCode.EXTERNAL, RENUMBERED.formatted(alias)));
    }

    private void publishCoverage(Publication current, QueueItem.SweepEnded ended)
            throws InterruptedException {
        Map<TopicPartition, Long> ends =
                transactions.retry(() -> clients.endOffsets(coverage.covered()));
        transactions.commit(
                coverage.proof(current.node(), current.cursors(), ended, current.gaps(), ends));
        LOG.atInfo()
                .addKeyValue("node", alias)
                .addKeyValue("proven_until", ended.began())
                .addKeyValue("block_height", ended.blockHeight())
                .log("sweep published");
        ended.done().complete(null);
    }

    /// The time of the last change is changed by a change only.
    private NodeCursors stamped(NodeCursors next) {
        NodeCursors named =
                next.toBuilder()
                        .setNode(identity.id().pubkey())
                        .setAlias(alias)
                        .setUpdatedAtNs(committed.getUpdatedAtNs())
                        .build();
        return named.equals(committed)
                ? committed
                : named.toBuilder().setUpdatedAtNs(Times.epochNanos(clock.instant())).build();
    }

    private static Map<String, Instant> oldestStreamed(List<QueueItem> batch) {
        Map<String, Instant> oldest = new HashMap<>();
        for (QueueItem item : batch) {
            if (item instanceof QueueItem.Streamed streamed) {
                oldest.putIfAbsent(streamed.rpc(), streamed.at());
            }
        }
        return oldest;
    }

    private void stop(IngestException reason) {
        stopped = reason;
        inHand.forEach(item -> fail(item, reason));
        queue.drain().forEach(item -> fail(item, reason));
    }

    private static void fail(QueueItem item, IngestException reason) {
        switch (item) {
            case QueueItem.SweepEnded ended -> ended.done().completeExceptionally(reason);
            case QueueItem.Connected connected -> connected.done().completeExceptionally(reason);
            case QueueItem.Marker marker -> marker.done().completeExceptionally(reason);
            case QueueItem.Renumbered renumbered -> renumbered.done().completeExceptionally(reason);
            case QueueItem.ListEnded ended -> ended.missing().completeExceptionally(reason);
            default -> {
                // Nobody waits for it.
            }
        }
    }
}
