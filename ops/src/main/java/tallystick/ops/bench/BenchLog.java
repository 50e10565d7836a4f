package tallystick.ops.bench;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import tallystick.db.bench.LedgerGauges;
import tallystick.kafka.EventHeaders;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.NodeId;
import tallystick.proto.v1.CoverageRecord;
import tallystick.proto.v1.TopicOffset;

/// Writes the records of a benchmark, as the ingestor would: in Kafka transactions, with the same keys, headers and
/// partitions. One thread.
final class BenchLog implements AutoCloseable {
    private static final List<Topic> OF_NODES =
            List.of(Topic.INVOICES, Topic.PAYMENTS, Topic.FORWARDS, Topic.CHANNELS, Topic.CHAIN);

    private static final List<Topic> WRITTEN =
            Stream.concat(OF_NODES.stream(), Stream.of(Topic.BOOKS, Topic.COVERAGE)).toList();

    private static final List<tallystick.proto.v1.Stream> STREAMS =
            List.of(
                    tallystick.proto.v1.Stream.STREAM_INVOICES,
                    tallystick.proto.v1.Stream.STREAM_PAYMENTS,
                    tallystick.proto.v1.Stream.STREAM_FORWARDS,
                    tallystick.proto.v1.Stream.STREAM_CHANNELS,
                    tallystick.proto.v1.Stream.STREAM_CHAIN);

    private static final int TRANSACTION_MILLIS = 600_000;
    private static final int PRODUCER_MEMORY = 16 << 20;
    private static final int BATCH_BYTES = 128 << 10;

    /// Every so many records the time until it is decided is measured.
    private static final int SAMPLE = 20;

    /// Until then nothing is measured: what runs at this pace only is being compiled.
    private static final Duration LEAD_IN = Duration.ofSeconds(15);

    /// Between two looks at the positions. Each costs what some records do, and is part of what is measured.
    private static final Duration LOOK = Duration.ofMillis(20);

    private static final double NANOS = 1e9;

    private final TopicSettings topics;
    private final List<NodeId> nodes;
    private final Admin admin;
    private final KafkaProducer<byte[], byte[]> producer;
    private final Map<String, Object> plain;
    private final AtomicReference<Optional<Exception>> failure =
            new AtomicReference<>(Optional.empty());
    private Instant provenUntil = Instant.EPOCH;
    private long sent;

    BenchLog(KafkaConnection kafka, TopicSettings topics, List<NodeId> nodes) {
        this.topics = topics;
        this.nodes = nodes;
        this.admin = Admin.create(kafka.adminProperties());
        Map<String, Object> properties = new HashMap<>(kafka.producerProperties("bench"));
        properties.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, TRANSACTION_MILLIS);
        properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, (long) PRODUCER_MEMORY);
        properties.put(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
        properties.put(ProducerConfig.LINGER_MS_CONFIG, 10);
        this.producer = new KafkaProducer<>(properties);
        this.plain = new HashMap<>(properties);
        plain.remove(ProducerConfig.TRANSACTIONAL_ID_CONFIG);
        producer.initTransactions();
    }

    static String place(String topic, int partition) {
        return topic + "-" + partition;
    }

    /// Records sent so far, those of coverage apart.
    long sent() {
        return sent;
    }

    /// Writes so many items in a transaction that stays open, and returns the number of records.
    long prepare(Mix mix, int items, Supplier<Instant> eventTime) {
        producer.beginTransaction();
        if (provenUntil.isAfter(Instant.EPOCH)) {
            sendCoverage(provenUntil, endOffsets());
        }
        long before = sent;
        Instant at = eventTime.get();
        for (int i = 0; i < items; i++) {
            if (i % 1_000 == 0) {
                at = eventTime.get();
            }
            for (Mix.Message message : mix.next(at)) {
                send(producer, message, at);
            }
        }
        producer.flush();
        provenUntil = at;
        return sent - before;
    }

    /// Writes the entries that are still to come.
    void sendRest(Mix mix, Instant at) {
        producer.beginTransaction();
        for (Mix.Message message : mix.rest()) {
            send(producer, message, at);
        }
        producer.commitTransaction();
    }

    /// Makes what was prepared visible, and returns where every partition ends.
    Map<String, Long> commit() {
        producer.commitTransaction();
        failure.get()
                .ifPresent(
                        e -> {
                            throw new KafkaException(e);
                        });
        return ends();
    }

    private void send(KafkaProducer<byte[], byte[]> to, Mix.Message message, Instant at) {
        var _ =
                to.send(
                        record(message, at),
                        (_, e) -> failure.compareAndSet(Optional.empty(), Optional.ofNullable(e)));
        sent++;
    }

    private ProducerRecord<byte[], byte[]> record(Mix.Message message, Instant at) {
        return new ProducerRecord<>(
                topics.name(message.topic()),
                RecordKeys.partition(message.key(), topics.partitions()),
                RecordKeys.bytes(message.key()),
                message.value(),
                EventHeaders.of(message.key(), "/bench", message.topic(), message.key(), at));
    }

    /// All nodes are read up to then.
    void cover(Instant until) {
        producer.beginTransaction();
        sendCoverage(until, endOffsets());
        producer.commitTransaction();
    }

    private void sendCoverage(Instant until, Map<TopicPartition, Long> ends) {
        for (int partition = 0; partition < topics.partitions(); partition++) {
            List<TopicOffset> below = new ArrayList<>();
            for (Topic topic : OF_NODES) {
                String name = topics.name(topic);
                below.add(
                        TopicOffset.newBuilder()
                                .setTopic(name)
                                .setEndOffset(
                                        ends.getOrDefault(new TopicPartition(name, partition), 0L))
                                .build());
            }
            for (NodeId node : nodes) {
                for (tallystick.proto.v1.Stream stream : STREAMS) {
                    long nanos = until.getEpochSecond() * 1_000_000_000L + until.getNano();
                    var _ =
                            producer.send(
                                    new ProducerRecord<>(
                                            topics.name(Topic.COVERAGE),
                                            partition,
                                            RecordKeys.bytes(node.pubkey()),
                                            CoverageRecord.newBuilder()
                                                    .setNode(node.pubkey())
                                                    .setAlias("bench")
                                                    .setStream(stream)
                                                    .setProvenUntilNs(nanos)
                                                    .setSeenAtNs(nanos)
                                                    .setBlockHeight(890_000)
                                                    .setPartition(partition)
                                                    .addAllBelow(below)
                                                    .build()
                                                    .toByteArray()));
                }
            }
        }
    }

    /// Where each partition that is written to ends.
    Map<String, Long> ends() {
        Map<String, Long> result = new HashMap<>();
        endOffsets()
                .forEach((place, end) -> result.put(place(place.topic(), place.partition()), end));
        return result;
    }

    private Map<TopicPartition, Long> endOffsets() {
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        for (Topic topic : WRITTEN) {
            for (int partition = 0; partition < topics.partitions(); partition++) {
                wanted.put(new TopicPartition(topics.name(topic), partition), OffsetSpec.latest());
            }
        }
        try {
            Map<TopicPartition, Long> result = new HashMap<>();
            admin.listOffsets(wanted)
                    .all()
                    .get()
                    .forEach((place, info) -> result.put(place, info.offset()));
            return result;
        } catch (ExecutionException e) {
            throw new KafkaException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KafkaException(e);
        }
    }

    /// What is applied is not needed any more; the last record of each partition stays, for the check of positions.
    void forget(Map<String, Long> ends) {
        Map<TopicPartition, RecordsToDelete> deleted = new HashMap<>();
        ends.forEach(
                (place, end) -> {
                    int dash = place.lastIndexOf('-');
                    if (end > 2) {
                        deleted.put(
                                new TopicPartition(
                                        place.substring(0, dash),
                                        Integer.parseInt(place.substring(dash + 1))),
                                RecordsToDelete.beforeOffset(end - 2));
                    }
                });
        try {
            admin.deleteRecords(deleted).all().get();
        } catch (ExecutionException e) {
            throw new KafkaException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KafkaException(e);
        }
    }

    /// Sends so many records a second, none in a transaction, and returns how long some took until they were decided.
    Optional<Latencies> paced(
            Mix mix,
            double perSecond,
            Duration time,
            LedgerGauges gauges,
            Supplier<Instant> eventTime)
            throws InterruptedException {
        var latencies = new Latencies();
        var waiting = new ConcurrentHashMap<String, ConcurrentLinkedQueue<Sample>>();
        var isOver = new AtomicBoolean();
        Thread watcher =
                Thread.ofPlatform()
                        .name("bench-positions")
                        .start(() -> watch(waiting, latencies, gauges, isOver));
        try (var sender = new KafkaProducer<byte[], byte[]>(plain)) {
            long begun = System.nanoTime();
            long records = 0;
            while (System.nanoTime() - begun < time.plus(LEAD_IN).toNanos()) {
                long due = begun + (long) (records * NANOS / perSecond);
                long wait = due - System.nanoTime();
                if (wait > 0) {
                    TimeUnit.NANOSECONDS.sleep(wait);
                }
                Instant at = eventTime.get();
                for (Mix.Message message : mix.next(at)) {
                    long now = System.nanoTime();
                    if (records++ % SAMPLE == 0 && now - begun > LEAD_IN.toNanos()) {
                        var _ =
                                sender.send(
                                        record(message, at),
                                        (metadata, e) -> {
                                            if (e == null) {
                                                waiting.computeIfAbsent(
                                                                place(
                                                                        metadata.topic(),
                                                                        metadata.partition()),
                                                                _ -> new ConcurrentLinkedQueue<>())
                                                        .add(new Sample(metadata.offset(), now));
                                            }
                                        });
                        sent++;
                    } else {
                        send(sender, message, at);
                    }
                }
            }
            sender.flush();
            provenUntil = eventTime.get();
        } finally {
            isOver.set(true);
            watcher.join();
        }
        return Optional.of(latencies);
    }

    private record Sample(long offset, long nanos) {}

    private static void watch(
            Map<String, ConcurrentLinkedQueue<Sample>> waiting,
            Latencies latencies,
            LedgerGauges gauges,
            AtomicBoolean isOver) {
        try {
            while (!isOver.get() || waiting.values().stream().anyMatch(queue -> !queue.isEmpty())) {
                TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
                List<LedgerGauges.Position> positions = gauges.positions();
                long now = System.nanoTime();
                for (LedgerGauges.Position position : positions) {
                    var queue = waiting.get(place(position.topic(), position.partition()));
                    while (queue != null
                            && !queue.isEmpty()
                            && queue.element().offset() < position.nextOffset()) {
                        latencies.took(now - queue.remove().nanos());
                    }
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        producer.close(Duration.ofSeconds(5));
        admin.close(Duration.ofSeconds(5));
    }
}
