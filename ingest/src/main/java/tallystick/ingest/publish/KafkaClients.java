package tallystick.ingest.publish;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import tallystick.kafka.KafkaConnection;

/// What is needed of Kafka; tests put a fake here. Any thread.
public interface KafkaClients extends AutoCloseable {
    static KafkaClients of(KafkaConnection connection) {
        return new BrokerClients(connection);
    }

    /// A new producer; the caller closes it.
    Producer<byte[], byte[]> producer(String transactionalId);

    /// A new consumer that sees committed records only; the caller closes it.
    Consumer<byte[], byte[]> consumer(String name);

    /// A new consumer that sees all records, also those of transactions that are open or were aborted; the caller closes it.
    Consumer<byte[], byte[]> consumerOfAll(String name);

    /// The next offset to be written to each of the partitions, whatever open transactions there are.
    Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> partitions)
            throws InterruptedException;

    /// Waits before Kafka is tried again. This is always the machine's time: a replay's time may stand still until what
    /// waits here has been published.
    void pause(Duration duration) throws InterruptedException;

    /// How long a transaction may stay open before the broker gives it up.
    Duration transactionTimeout();

    @Override
    void close();
}
