package tallystick.reconcile;

import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import tallystick.kafka.KafkaConnection;

/// Makes the clients, so that tests can make others.
interface KafkaClients {
    Consumer<byte[], byte[]> consumer(String group);

    Producer<byte[], byte[]> producer(String transactionalId);

    /// @param pollRecords most records in one poll
    static KafkaClients of(KafkaConnection connection, int pollRecords) {
        return new KafkaClients() {
            @Override
            public Consumer<byte[], byte[]> consumer(String group) {
                Map<String, Object> properties = connection.consumerProperties(group);
                properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, pollRecords);
                return new KafkaConsumer<>(properties);
            }

            @Override
            public Producer<byte[], byte[]> producer(String transactionalId) {
                return new KafkaProducer<>(connection.producerProperties(transactionalId));
            }
        };
    }
}
