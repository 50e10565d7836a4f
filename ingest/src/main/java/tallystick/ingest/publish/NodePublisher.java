package tallystick.ingest.publish;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;
import tallystick.ingest.publish.RecordWriter.Observation;
import tallystick.ingest.record.ChainRecords;
import tallystick.ingest.record.NodeMessage;
import tallystick.ingest.record.NodeRecord;
import tallystick.kafka.TopicSettings;
import tallystick.proto.v1.ChainRecord;
import tallystick.proto.v1.NodeCursors;
import tallystick.proto.v1.Source;

/// Publishes what one node says: takes messages from a bounded queue in the order they were put, and writes what changed,
/// together with the cursors that it moved, in transactions.
///
/// `run` belongs to one thread; the other methods may be called from any.
public final class NodePublisher {
    /// Messages of one transaction: enough that a commit's round trip does not matter, few enough to be done again cheaply.
    private static final int TRANSACTION_MESSAGES_MAX = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(NodePublisher.class);

    private final String alias;
    private final KafkaClients clients;
    private final TopicSettings topics;
    private final InstantSource clock;
    private final Consumer<Optional<String>> trouble;
    private final PublishQueue queue;
    private final CursorStore store;
    private final RecordWriter writer;
    private final CoverageWriter coverage;
    private volatile CursorStore.Stored stored = new CursorStore.Stored(List.of());
    private volatile NodeCursors committed = NodeCursors.getDefaultInstance();
    private volatile @Nullable IngestException stopped;

    // Of the publishing thread.
    private @Nullable Cursors cursors;
    private @Nullable Transactions transactions;
    private List<QueueItem> inHand = List.of();

    /// @param trouble told what is wrong with Kafka while there is something, and empty when it is over
    public NodePublisher(
            String alias,
            KafkaClients clients,
            TopicSettings topics,
            int queueMessages,
            InstantSource clock,
            Consumer<Optional<String>> trouble) {
        this.alias = alias;
        this.clients = clients;
        this.topics = topics;
        this.clock = clock;
        this.trouble = trouble;
        this.queue = new PublishQueue(queueMessages);
        this.store = new CursorStore(clients, topics);
        this.writer = new RecordWriter(topics);
        this.coverage = new CoverageWriter(topics, alias);
    }

    /// Reads the cursors that an earlier run has left. To be called before anything is put.
    public CursorStore.Stored readStored() {
        CursorStore.Stored read = store.read();
        stored = read;
        committed = read.ofAlias(alias).orElse(NodeCursors.getDefaultInstance());
        return read;
    }

    /// True when it will publish no more.
    public boolean isStopped() {
        return stopped != null;
    }

    /// Cursors of what is safe in Kafka.
    public NodeCursors committed() {
        return committed;
    }

    /// Puts messages; waits while the queue is full.
    public void observed(Identification from, Source source, Instant at, List<NodeMessage> messages)
            throws InterruptedException {
        put(new QueueItem.Observed(from, source, at, messages));
    }

    /// To be called before the first list is asked for.
    public void sweepBegan(Identification from) throws InterruptedException {
        put(new QueueItem.SweepBegan(from));
    }

    /// To be called when all lists have been put. `waiting` are completed when all of it is committed.
    public void sweepEnded(
            Identification from,
            Instant began,
            int blockHeight,
            List<CompletableFuture<Void>> waiting)
            throws InterruptedException {
        put(new QueueItem.SweepEnded(from, began, clock.instant(), blockHeight, waiting));
    }

    /// Publishes until interrupted.
    ///
    /// @throws IngestException when it must not go on; whoever waits for a sweep is told
    public void run() throws InterruptedException {
        try {
            while (true) {
                QueueItem first = queue.take();
                Optional<NodeIdentity> node = first.from().await();
                List<QueueItem> batch = queue.batch(first, TRANSACTION_MESSAGES_MAX);
                inHand = batch;
                if (node.isPresent()) {
                    publish(node.get(), batch);
                } else {
                    drop(batch);
                }
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
        } finally {
            if (transactions != null) {
                transactions.close();
            }
        }
    }

    private void put(QueueItem item) throws InterruptedException {
        IngestException reason = stopped;
        if (reason != null) {
            throw reason;
        }
        queue.put(item);
    }

    private void publish(NodeIdentity node, List<QueueItem> batch) throws InterruptedException {
        Transactions current = transactionsOf(node);
        Cursors position = cursorsOf(node);
        List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        for (QueueItem item : batch) {
            switch (item) {
                case QueueItem.Observed observed -> addRecords(node, position, observed, records);
                case QueueItem.SweepBegan _ -> position.sweepBegan();
                case QueueItem.SweepEnded ended -> addGone(node, position, ended, records);
            }
        }
        NodeCursors next = stamped(node, position.snapshot());
        if (!next.equals(committed)) {
            records.add(store.record(next));
        }
        current.commit(records);
        committed = next;
        if (batch.getLast() instanceof QueueItem.SweepEnded ended) {
            publishCoverage(node, current, ended, records.size());
        }
    }

    private void addRecords(
            NodeIdentity node,
            Cursors position,
            QueueItem.Observed observed,
            List<ProducerRecord<byte[], byte[]>> records) {
        for (NodeMessage message : observed.messages()) {
            try {
                for (NodeRecord record : message.records(node.id())) {
                    position.observed(observed.source(), record.facts());
                    writer.ifChanged(node, record, observation(observed, message))
                            .ifPresent(records::add);
                }
            } catch (InvalidProtocolBufferException
                    | IllegalArgumentException
                    | ArithmeticException e) {
                String reason = String.valueOf(e.getMessage());
                writer.quarantined(node, message, observed.at(), reason).ifPresent(records::add);
            }
        }
    }

    private Observation observation(QueueItem.Observed observed, NodeMessage message) {
        return new Observation(
                observed.at(),
                observed.source(),
                committed.getIndexEpoch(),
                message.type(),
                message.bytes());
    }

    private void addGone(
            NodeIdentity node,
            Cursors position,
            QueueItem.SweepEnded ended,
            List<ProducerRecord<byte[], byte[]>> records) {
        // What is missing from a list has no message of the node to show for it.
        var observation =
                new Observation(
                        ended.ended(),
                        Source.SOURCE_SWEEP,
                        committed.getIndexEpoch(),
                        "",
                        ByteString.EMPTY);
        for (ChainRecord gone : position.sweepEnded(ended.began())) {
            writer.ifChanged(node, ChainRecords.gone(node.id(), gone), observation)
                    .ifPresent(records::add);
        }
    }

    private void publishCoverage(
            NodeIdentity node, Transactions current, QueueItem.SweepEnded ended, int records)
            throws InterruptedException {
        Map<TopicPartition, Long> ends =
                current.retry(() -> clients.endOffsets(coverage.covered()));
        current.commit(coverage.proof(node, committed.getIndexEpoch(), ended, ends));
        LOG.atInfo()
                .addKeyValue("node", alias)
                .addKeyValue("proven_until", ended.began())
                .addKeyValue("block_height", ended.blockHeight())
                .log("sweep published; {} records in its last transaction", records);
        ended.waiting().forEach(waiting -> waiting.complete(null));
    }

    private Transactions transactionsOf(NodeIdentity node) throws InterruptedException {
        Transactions current = transactions;
        if (current == null) {
            current =
                    new Transactions(
                            clients,
                            "%s-ingest-%s".formatted(topics.prefix(), node.id().pubkey()),
                            Integer.MAX_VALUE,
                            trouble);
            transactions = current;
            current.commit(
                    coverage.announcement(
                            node, cursorsOf(node).snapshot().getIndexEpoch(), clock.instant()));
        }
        return current;
    }

    /// Those of the node itself, whatever alias it was followed under before.
    private Cursors cursorsOf(NodeIdentity node) {
        Cursors current = cursors;
        if (current == null) {
            committed = stored.ofNode(node.id()).orElse(NodeCursors.getDefaultInstance());
            current = new Cursors(committed);
            cursors = current;
        }
        return current;
    }

    /// The time of the last change is changed by a change only.
    private NodeCursors stamped(NodeIdentity node, NodeCursors next) {
        NodeCursors named =
                next.toBuilder()
                        .setNode(node.id().pubkey())
                        .setAlias(alias)
                        .setUpdatedAtNs(committed.getUpdatedAtNs())
                        .build();
        return named.equals(committed)
                ? committed
                : named.toBuilder().setUpdatedAtNs(Times.epochNanos(clock.instant())).build();
    }

    private void drop(List<QueueItem> batch) {
        LOG.atWarn()
                .addKeyValue("node", alias)
                .log(
                        "{} messages dropped: they came from another node than expected",
                        batch.stream().mapToInt(QueueItem::weight).sum());
        batch.forEach(
                item ->
                        fail(
                                item,
                                new IngestException(
                                        ErrorCode.USER,
                                        "node %s: refused while it was read".formatted(alias))));
    }

    private void stop(IngestException reason) {
        stopped = reason;
        inHand.forEach(item -> fail(item, reason));
        queue.drain().forEach(item -> fail(item, reason));
    }

    private static void fail(QueueItem item, IngestException reason) {
        if (item instanceof QueueItem.SweepEnded ended) {
            ended.waiting().forEach(waiting -> waiting.completeExceptionally(reason));
        }
    }
}
