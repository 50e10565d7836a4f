package tallystick.ingest.books;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.ingest.IngestException;
import tallystick.ingest.publish.KafkaClients;
import tallystick.ingest.publish.Quarantine;
import tallystick.ingest.publish.Transactions;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;

/// Takes the book entries that other systems write to the inbox topic, whatever their key and partition, and publishes them
/// as the ledger reads them. Several instances share the inbox's partitions as one consumer group.
///
/// **Once.** Entries and the positions of the inbox are committed in one transaction. The transactional id is that of the
/// inbox's partition: whoever is given a partition first ends what an earlier owner left open, and only then asks from where
/// to go on. After any failure everything is opened anew and the positions are read again, because nobody knows whether the
/// last commit arrived.
///
/// Any thread, except that `start` and `close` are called once each.
public final class BooksInbox implements AutoCloseable {
    private static final Duration POLL_TIMEOUT = Duration.ofMillis(500);

    /// Records in one transaction. Ends early when they are large, so that memory is bounded by bytes too.
    private static final int POLL_RECORDS_MAX = 1_000;

    private static final int TRANSACTION_BYTES_MAX = 8 * 1024 * 1024;

    /// What a system wrote in a burst is fetched in pieces of this size.
    private static final int FETCH_BYTES_MAX = 8 * 1024 * 1024;

    /// Leaving the group takes one round trip; a broker that does not answer is not waited for.
    private static final Duration LEAVE_LIMIT = Duration.ofSeconds(5);

    /// For the batch in hand; then its transaction is aborted and it will be taken by the next start.
    private static final Duration STOP_LIMIT = Duration.ofSeconds(15);

    private static final Logger LOG = LoggerFactory.getLogger(BooksInbox.class);

    private final KafkaClients clients;
    private final Supplier<Consumer<byte[], byte[]>> consumers;
    private final TopicSettings topics;
    private final InstantSource clock;
    private final Pauses pauses;
    private final EntryRecords entryRecords;
    private final Quarantine quarantine;
    private final IntakeProgress progress = new IntakeProgress("inbox");
    private final Queue<CompletableFuture<Void>> asked = new ConcurrentLinkedQueue<>();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final AtomicReference<Optional<Consumer<byte[], byte[]>>> polling =
            new AtomicReference<>(Optional.empty());
    private final Thread thread;

    /// @param clients for producers; closed by whoever made them
    /// @param consumers opens a member of the inbox's group, see `consumer`
    public BooksInbox(
            KafkaClients clients,
            Supplier<Consumer<byte[], byte[]>> consumers,
            TopicSettings topics,
            InstantSource clock) {
        this(clients, consumers, topics, clock, new Pauses(Pauses.MIN, Pauses.MAX));
    }

    BooksInbox(
            KafkaClients clients,
            Supplier<Consumer<byte[], byte[]>> consumers,
            TopicSettings topics,
            InstantSource clock,
            Pauses pauses) {
        this.clients = clients;
        this.consumers = consumers;
        this.topics = topics;
        this.clock = clock;
        this.pauses = pauses;
        this.entryRecords = new EntryRecords(topics);
        this.quarantine = new Quarantine(topics);
        this.thread = Thread.ofPlatform().name("books-inbox").unstarted(this::run);
    }

    /// A consumer as the inbox needs it. Its partitions move one by one between instances, so that the others go on.
    public static Consumer<byte[], byte[]> consumer(
            KafkaConnection connection, TopicSettings topics) {
        Map<String, Object> properties =
                new HashMap<>(connection.consumerProperties(topics.prefix() + "-books-inbox"));
        properties.put(
                ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
                CooperativeStickyAssignor.class.getName());
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, POLL_RECORDS_MAX);
        properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES_MAX);
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        return new KafkaConsumer<>(properties);
    }

    public void start() {
        thread.start();
    }

    public IntakeStatus status() {
        return progress.status();
    }

    /// Completes when everything that was in this instance's share of the inbox at this call is taken.
    public CompletableFuture<Void> takeNow() {
        var done = new CompletableFuture<Void>();
        asked.add(done);
        return done;
    }

    /// Returns after the batch in hand is committed, or given back.
    @Override
    public void close() {
        stopping.countDown();
        polling.get().ifPresent(Consumer::wakeup);
        boolean isInterrupted = false;
        try {
            if (!thread.join(STOP_LIMIT)) {
                thread.interrupt();
                thread.join(STOP_LIMIT);
            }
        } catch (InterruptedException _) {
            isInterrupted = true;
        } catch (IllegalThreadStateException _) {
            // It was never started.
        }
        if (isInterrupted) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
        asked.forEach(done -> done.cancel(false));
    }

    private boolean isStopping() {
        return stopping.getCount() == 0;
    }

    private void run() {
        try {
            while (!isStopping()) {
                String trouble = untilTrouble();
                if (!isStopping()) {
                    progress.changed(IntakeState.DEGRADED, trouble);
                    // Ends early when it is closed.
                    var _ = stopping.await(pauses.next().toNanos(), TimeUnit.NANOSECONDS);
                }
            }
        } catch (InterruptedException | InterruptException _) {
            LOG.atInfo().log("inbox interrupted");
        }
    }

    /// Takes entries until something goes wrong, and says what.
    private String untilTrouble() throws InterruptedException {
        try {
            takeEntries();
            return "";
        } catch (WakeupException _) {
            return "";
        } catch (InterruptException e) {
            throw e;
        } catch (IngestException e) {
            return e.reason();
        } catch (KafkaException e) {
            return reason(e);
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("inbox failed");
            return "internal error: %s (expected: none; see the log)".formatted(e);
        }
    }

    private void takeEntries() throws InterruptedException {
        Consumer<byte[], byte[]> consumer = consumers.get();
        var share = new Share();
        try {
            polling.set(Optional.of(consumer));
            consumer.subscribe(List.of(topics.name(Topic.BOOKS_INBOX)), share);
            while (!isStopping()) {
                pollOnce(consumer, share);
            }
        } finally {
            polling.set(Optional.empty());
            close(consumer);
            share.close();
        }
    }

    private void pollOnce(Consumer<byte[], byte[]> consumer, Share share)
            throws InterruptedException {
        try {
            ConsumerRecords<byte[], byte[]> batch = consumer.poll(POLL_TIMEOUT);
            for (TopicPartition partition : batch.partitions()) {
                take(consumer, share.of(partition), batch.records(partition));
            }
            if (share.isGiven()) {
                pauses.reset();
                progress.changed(IntakeState.LIVE, "");
                share.answer(consumer);
            }
        } catch (NoOffsetForPartitionException e) {
            consumer.seekToBeginning(e.partitions());
        } catch (OffsetOutOfRangeException e) {
            LOG.atError()
                    .addKeyValue("positions", e.offsetOutOfRangePartitions())
                    .log(
                            "inbox: the log is not where it was read last: retention has passed entries that nobody took, or the topic is another; going on from its begin");
            consumer.seekToBeginning(e.offsetOutOfRangePartitions().keySet());
        }
    }

    private void take(
            Consumer<byte[], byte[]> consumer,
            Transactions transactions,
            List<ConsumerRecord<byte[], byte[]>> records)
            throws InterruptedException {
        var batch = new Batch();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            batch.add(record);
            if (batch.bytes >= TRANSACTION_BYTES_MAX) {
                commit(consumer, transactions, batch, record);
                batch = new Batch();
            }
        }
        if (!batch.records.isEmpty()) {
            commit(consumer, transactions, batch, records.getLast());
        }
    }

    private void commit(
            Consumer<byte[], byte[]> consumer,
            Transactions transactions,
            Batch batch,
            ConsumerRecord<byte[], byte[]> last)
            throws InterruptedException {
        var position = new OffsetAndMetadata(last.offset() + 1, last.leaderEpoch(), "");
        transactions.commit(
                batch.records,
                new Transactions.Consumed(
                        Map.of(new TopicPartition(last.topic(), last.partition()), position),
                        consumer.groupMetadata()));
        progress.counted(batch.taken, batch.quarantined, batch.firstReason);
    }

    private static void close(Consumer<byte[], byte[]> consumer) {
        try {
            consumer.close(CloseOptions.timeout(LEAVE_LIMIT));
        } catch (InterruptException e) {
            Thread.currentThread().interrupt();
        } catch (KafkaException e) {
            LOG.atWarn().log("inbox: consumer did not close: {}", reason(e));
        }
    }

    private static String reason(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null && !(cause instanceof IngestException)) {
            cause = cause.getCause();
        }
        return cause instanceof IngestException e ? e.reason() : "Kafka: " + cause.getMessage();
    }

    /// What becomes of some records of one partition.
    private final class Batch {
        private final List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
        private long bytes;
        private long taken;
        private long quarantined;
        private String firstReason = "";

        void add(ConsumerRecord<byte[], byte[]> record) {
            switch (InboxMessage.read(record.value())) {
                case InboxMessage.Good good -> {
                    taken++;
                    entryRecords
                            .of(good.entries(), good.unknown(), clock.instant())
                            .forEach(this::add);
                }
                case InboxMessage.Bad bad -> {
                    quarantined++;
                    firstReason = firstReason.isEmpty() ? bad.reason() : firstReason;
                    add(refused(record, bad.reason()));
                }
            }
        }

        private void add(ProducerRecord<byte[], byte[]> record) {
            records.add(record);
            bytes += record.value() == null ? 0 : record.value().length;
        }

        private ProducerRecord<byte[], byte[]> refused(
                ConsumerRecord<byte[], byte[]> record, String reason) {
            Map<String, String> from = new LinkedHashMap<>();
            from.put("tallystick_topic", record.topic());
            from.put("tallystick_partition", Integer.toString(record.partition()));
            from.put("tallystick_offset", Long.toString(record.offset()));
            return quarantine.record(
                    new Quarantine.Refused(
                            "/books-inbox",
                            "%s-%d@%d"
                                    .formatted(record.topic(), record.partition(), record.offset()),
                            "application/protobuf",
                            record.key(),
                            record.value()),
                    reason,
                    from,
                    clock.instant());
        }
    }

    /// The partitions that this instance has, each with its own transactions. Belongs to the thread that polls.
    private final class Share implements ConsumerRebalanceListener, AutoCloseable {
        private final Map<TopicPartition, Transactions> owned = new HashMap<>();
        private final List<CompletableFuture<Void>> waiting = new ArrayList<>();
        private Map<TopicPartition, Long> ends = Map.of();
        private boolean given;

        /// Positions are asked for after this. By then nothing of an earlier owner is under way any more.
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            given = true;
            for (TopicPartition partition : partitions) {
                var transactions =
                        new Transactions(
                                clients,
                                "%s-inbox-%d".formatted(topics.prefix(), partition.partition()),
                                1,
                                _ -> {});
                owned.put(partition, transactions);
                try {
                    transactions.takeOver();
                } catch (InterruptedException e) {
                    throw new InterruptException(e);
                }
            }
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            for (TopicPartition partition : partitions) {
                Transactions transactions = owned.remove(partition);
                if (transactions != null) {
                    transactions.close();
                }
            }
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            onPartitionsRevoked(partitions);
        }

        /// False until the group has said for the first time what is ours, which may be nothing.
        boolean isGiven() {
            return given;
        }

        Transactions of(TopicPartition partition) {
            Transactions transactions = owned.get(partition);
            if (transactions == null) {
                throw new IllegalStateException(
                        "inbox: records of %s (expected: of %s, which are ours)"
                                .formatted(partition, owned.keySet()));
            }
            return transactions;
        }

        /// Tells those who wait for what was there when they asked.
        void answer(Consumer<byte[], byte[]> consumer) {
            if (waiting.isEmpty()) {
                for (var next = asked.poll(); next != null; next = asked.poll()) {
                    waiting.add(next);
                }
                if (waiting.isEmpty()) {
                    return;
                }
                ends = consumer.endOffsets(owned.keySet());
            }
            boolean isTaken =
                    owned.keySet().stream()
                            .allMatch(
                                    partition ->
                                            consumer.position(partition)
                                                    >= ends.getOrDefault(partition, 0L));
            if (isTaken) {
                waiting.forEach(done -> done.complete(null));
                waiting.clear();
            }
        }

        @Override
        public void close() {
            owned.values().forEach(Transactions::close);
            owned.clear();
            // The next session answers them.
            asked.addAll(waiting);
        }
    }
}
