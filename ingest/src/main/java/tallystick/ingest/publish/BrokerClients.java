package tallystick.ingest.publish;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import tallystick.kafka.KafkaConnection;

/// Real brokers. The admin client is made when it is first needed and kept.
final class BrokerClients implements KafkaClients {
    /// Kafka's own default, stated because `Transactions` reasons with it.
    private static final Duration TRANSACTION_TIMEOUT = Duration.ofSeconds(60);

    /// Some dozens of records. Kafka's own default takes a request for each dozen.
    private static final int BATCH_BYTES = 128 * 1024;

    /// Each node has a producer of its own, and keeps what it once took of this.
    private static final long BUFFER_BYTES = 4L * 1024 * 1024;

    private static final int LINGER_MILLIS = 20;

    private final KafkaConnection connection;
    private final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    private @Nullable Admin admin;

    BrokerClients(KafkaConnection connection) {
        this.connection = connection;
    }

    @Override
    public Producer<byte[], byte[]> producer(String transactionalId) {
        Map<String, Object> properties =
                new HashMap<>(connection.producerProperties(transactionalId));
        properties.put(
                ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                Math.toIntExact(TRANSACTION_TIMEOUT.toMillis()));
        properties.put(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
        properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, BUFFER_BYTES);
        // A commit sends what waits; until then, waiting makes larger batches.
        properties.put(ProducerConfig.LINGER_MS_CONFIG, LINGER_MILLIS);
        return new KafkaProducer<>(properties);
    }

    @Override
    public Consumer<byte[], byte[]> consumer(String name) {
        return new KafkaConsumer<>(properties(name));
    }

    @Override
    public Consumer<byte[], byte[]> consumerOfAll(String name) {
        Map<String, Object> properties = properties(name);
        properties.put(
                ConsumerConfig.ISOLATION_LEVEL_CONFIG, IsolationLevel.READ_UNCOMMITTED.toString());
        return new KafkaConsumer<>(properties);
    }

    private Map<String, Object> properties(String consumer) {
        Map<String, Object> properties = new HashMap<>(connection.consumerProperties(consumer));
        properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        return properties;
    }

    @Override
    public Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> partitions)
            throws InterruptedException {
        Map<TopicPartition, OffsetSpec> asked =
                partitions.stream().collect(Collectors.toMap(p -> p, _ -> OffsetSpec.latest()));
        try {
            return admin().listOffsets(asked).all().get().entrySet().stream()
                    .collect(Collectors.toMap(Map.Entry::getKey, e -> offset(e.getValue())));
        } catch (ExecutionException e) {
            throw new KafkaException("end offsets: not read", e.getCause());
        }
    }

    @Override
    public void pause(Duration duration) throws InterruptedException {
        Thread.sleep(duration);
    }

    @Override
    public Duration transactionTimeout() {
        return TRANSACTION_TIMEOUT;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (admin != null) {
                admin.close();
                admin = null;
            }
        } finally {
            lock.unlock();
        }
    }

    private Admin admin() {
        lock.lock();
        try {
            if (admin == null) {
                admin = Admin.create(connection.adminProperties());
            }
            return admin;
        } finally {
            lock.unlock();
        }
    }

    private static long offset(ListOffsetsResultInfo info) {
        return info.offset();
    }
}
