package tallystick.ingest.publish;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;

/// A broker in memory: keeps what was committed, fences the older of two producers with one transactional id, and can be
/// stopped.
public final class FakeKafka implements KafkaClients {
    private static final long WAIT_SECONDS = 20;

    private final TopicSettings topics;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final List<ProducerRecord<byte[], byte[]>> committed = new ArrayList<>();

    @GuardedBy("lock")
    private final Map<String, FakeProducer> producers = new HashMap<>();

    @GuardedBy("lock")
    private boolean isStopped;

    @GuardedBy("lock")
    private boolean isKeptFromKnowing;

    @GuardedBy("lock")
    private int commitsToFail;

    @GuardedBy("lock")
    private Runnable whenStateIsRead = () -> {};

    public FakeKafka(TopicSettings topics) {
        this.topics = topics;
    }

    @Override
    public Producer<byte[], byte[]> producer(String transactionalId) {
        lock.lock();
        try {
            FakeProducer producer = new FakeProducer();
            FakeProducer older = producers.put(transactionalId, producer);
            if (older != null && !older.closed() && !isKeptFromKnowing) {
                older.fenceProducer();
            }
            return producer;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Consumer<byte[], byte[]> consumer(String name) {
        Runnable now = () -> {};
        lock.lock();
        try {
            if (!producers.isEmpty()) {
                now = whenStateIsRead;
                whenStateIsRead = () -> {};
            }
        } finally {
            lock.unlock();
        }
        now.run();
        return new StateConsumer();
    }

    @Override
    public Consumer<byte[], byte[]> consumerOfAll(String name) {
        return new StateConsumer();
    }

    @Override
    public Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> partitions) {
        Map<TopicPartition, Long> ends = new HashMap<>();
        for (TopicPartition partition : partitions) {
            ends.put(
                    partition,
                    committed().stream()
                            .filter(r -> r.topic().equals(partition.topic()))
                            .filter(r -> partitionOf(r) == partition.partition())
                            .count());
        }
        return ends;
    }

    @Override
    public void pause(Duration duration) {
        // The next try comes at once.
    }

    @Override
    public Duration transactionTimeout() {
        return Duration.ofSeconds(60);
    }

    @Override
    public void close() {
        // Nothing is open.
    }

    /// From now on commits wait.
    public void stop() {
        setStopped(true);
    }

    public void resume() {
        setStopped(false);
    }

    /// Done once, when somebody who has taken over is about to read what is remembered.
    public void whenStateIsRead(Runnable once) {
        lock.lock();
        try {
            whenStateIsRead = once;
        } finally {
            lock.unlock();
        }
    }

    /// From now on a producer that is fenced is not told.
    public void keepFromKnowing(boolean isKept) {
        lock.lock();
        try {
            isKeptFromKnowing = isKept;
        } finally {
            lock.unlock();
        }
    }

    /// The next commits fail, as when a broker goes away.
    public void failCommits(int count) {
        lock.lock();
        try {
            commitsToFail = count;
        } finally {
            lock.unlock();
        }
    }

    public List<ProducerRecord<byte[], byte[]>> committed() {
        lock.lock();
        try {
            return List.copyOf(committed);
        } finally {
            lock.unlock();
        }
    }

    public List<ProducerRecord<byte[], byte[]>> committed(Topic topic) {
        String name = topics.name(topic);
        return committed().stream().filter(r -> r.topic().equals(name)).toList();
    }

    public <T extends Message> List<T> committed(Topic topic, Parser<T> parser) {
        return committed(topic).stream().map(r -> parse(parser, r.value())).toList();
    }

    /// Waits until what was committed fulfils the condition.
    public void await(Predicate<FakeKafka> condition) throws InterruptedException {
        long nanos = TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
        lock.lock();
        try {
            while (!condition.test(this)) {
                if (nanos <= 0) {
                    throw new AssertionError("not committed in time; so far: " + committed.size());
                }
                nanos = changed.awaitNanos(nanos);
            }
        } finally {
            lock.unlock();
        }
    }

    private void setStopped(boolean stopped) {
        lock.lock();
        try {
            isStopped = stopped;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private static <T> T parse(Parser<T> parser, byte[] value) {
        try {
            return parser.parseFrom(value);
        } catch (InvalidProtocolBufferException e) {
            throw new AssertionError(e);
        }
    }

    private final class FakeProducer extends MockProducer<byte[], byte[]> {
        FakeProducer() {
            super(true, null, new ByteArraySerializer(), new ByteArraySerializer());
        }

        @Override
        public void commitTransaction() {
            lock.lock();
            try {
                while (isStopped) {
                    changed.await();
                }
                if (commitsToFail > 0) {
                    commitsToFail--;
                    throw new KafkaException("commit: connection lost");
                }
                List<ProducerRecord<byte[], byte[]>> written = uncommittedRecords();
                super.commitTransaction();
                committed.addAll(written);
                changed.signalAll();
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            } finally {
                lock.unlock();
            }
        }
    }

    private int partitionOf(ProducerRecord<byte[], byte[]> record) {
        return record.partition() == null
                ? RecordKeys.partition(record.key(), topics.partitions())
                : record.partition();
    }

    private final class StateConsumer extends MockConsumer<byte[], byte[]> {
        private final String topic = topics.name(Topic.INGEST_STATE);

        StateConsumer() {
            super("none");
            Node node = new Node(0, "127.0.0.1", 1);
            Node[] nodes = {node};
            updatePartitions(
                    topic,
                    IntStream.range(0, topics.partitions())
                            .mapToObj(
                                    number -> new PartitionInfo(topic, number, node, nodes, nodes))
                            .toList());
        }

        @Override
        public synchronized void assign(Collection<TopicPartition> partitions) {
            super.assign(partitions);
            List<ProducerRecord<byte[], byte[]>> state =
                    FakeKafka.this.committed(Topic.INGEST_STATE);
            for (TopicPartition partition : partitions) {
                long offset = 0;
                for (var record : state) {
                    if (partitionOf(record) == partition.partition()) {
                        addRecord(
                                new ConsumerRecord<>(
                                        topic,
                                        partition.partition(),
                                        offset++,
                                        record.key(),
                                        record.value()));
                    }
                }
                updateBeginningOffsets(Map.of(partition, 0L));
                updateEndOffsets(Map.of(partition, offset));
            }
        }
    }
}
