package tallystick.reconcile;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import tallystick.kafka.KafkaConnection;

/// Makes the clients, so that tests can make others.
interface KafkaClients {
    /// Partitions of a worker that died wait this long for the next one, also when it is the same program that starts
    /// again. A false alarm costs a rebalance and nothing else, as positions live with the data.
    Duration SESSION_TIMEOUT = Duration.ofSeconds(10);

    /// What a consumer may hold that was not asked for yet. Kafka's own default is 50 MiB for each.
    int FETCHED_BYTES_MAX = 8 * 1024 * 1024;

    Consumer<byte[], byte[]> consumer(String group);

    Producer<byte[], byte[]> producer(String transactionalId);

    /// @param pollRecords most records in one poll
    static KafkaClients of(KafkaConnection connection, int pollRecords) {
        return new KafkaClients() {
            @Override
            public Consumer<byte[], byte[]> consumer(String group) {
                Map<String, Object> properties = connection.consumerProperties(group);
                properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, pollRecords);
                properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCHED_BYTES_MAX);
                properties.put(
                        ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG,
                        Math.toIntExact(SESSION_TIMEOUT.toMillis()));
                return new KafkaConsumer<>(properties);
            }

            @Override
            public Producer<byte[], byte[]> producer(String transactionalId) {
                return new KafkaProducer<>(connection.producerProperties(transactionalId));
            }
        };
    }
}
