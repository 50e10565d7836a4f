package tallystick.kafka;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/// How to reach the brokers, and the client settings that the contract rests on.
///
/// @param bootstrapServers `host:port`, comma-separated
/// @param properties further client settings, for example of security, given to every client; they do not override the
/// contract's, and are kept out of `toString`, as passwords may be among them
public record KafkaConnection(String bootstrapServers, Map<String, String> properties) {
    /// How long a call may wait for brokers before it fails: long enough for a broker's restart.
    private static final int REQUEST_TIMEOUT_MILLIS = 30_000;

    public KafkaConnection {
        properties = Map.copyOf(properties);
    }

    public Map<String, Object> adminProperties() {
        Map<String, Object> result = new HashMap<>(properties);
        result.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        result.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_TIMEOUT_MILLIS);
        return result;
    }

    /// For a producer that writes in transactions. A second producer with the same id fences the first.
    public Map<String, Object> producerProperties(String transactionalId) {
        Map<String, Object> result = producerProperties();
        result.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
        return result;
    }

    /// For a producer whose records stand each by itself.
    public Map<String, Object> producerProperties() {
        Map<String, Object> result = new HashMap<>(properties);
        result.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        result.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        result.put(
                ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        result.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        result.put(ProducerConfig.ACKS_CONFIG, "all");
        return result;
    }

    /// For a consumer whose positions live elsewhere: nothing is committed, and a lost position is an error.
    public Map<String, Object> consumerProperties(String groupId) {
        Map<String, Object> result = new HashMap<>(properties);
        result.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        result.put(
                ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG,
                ByteArrayDeserializer.class.getName());
        result.put(
                ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG,
                ByteArrayDeserializer.class.getName());
        result.put(ConsumerConfig.GROUP_ID_CONFIG, groupId);
        result.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        result.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        result.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        result.put(
                ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, RangeAssignor.class.getName());
        return result;
    }

    @Override
    public String toString() {
        return "KafkaConnection[bootstrapServers=%s, properties=***]".formatted(bootstrapServers);
    }
}
