package tallystick.kafka;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;

/// How one topic is to be made.
///
/// @param settings of the topic, as the broker names them
public record TopicPlan(
        Topic topic, String name, int partitions, short replication, Map<String, String> settings) {
    private static final String FOREVER = "-1";

    /// From this many copies on, a write waits for a second one.
    private static final int COPIES_FOR_TWO_IN_SYNC = 3;

    public TopicPlan {
        settings = Map.copyOf(settings);
    }

    /// Every topic of the contract.
    public static List<TopicPlan> all(TopicSettings settings) {
        return Stream.of(Topic.values()).map(topic -> of(topic, settings)).toList();
    }

    static TopicPlan of(Topic topic, TopicSettings settings) {
        return new TopicPlan(
                topic,
                settings.name(topic),
                isOneChain(topic) ? 1 : settings.partitions(),
                settings.replication(),
                brokerSettings(topic, settings));
    }

    NewTopic newTopic() {
        return new NewTopic(name, partitions, replication).configs(settings);
    }

    /// In these the order of all records counts, not only of those with one key.
    private static boolean isOneChain(Topic topic) {
        return topic == Topic.LEDGER_HEADS || topic == Topic.REPORTS;
    }

    private static Map<String, String> brokerSettings(Topic topic, TopicSettings settings) {
        Map<String, String> result = new TreeMap<>();
        result.put(
                TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG,
                settings.replication() >= COPIES_FOR_TWO_IN_SYNC ? "2" : "1");
        // A record lives by the broker's clock: what it tells of may be years old when it is
        // published.
        result.put(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");
        if (topic.cleanup() == Topic.Cleanup.COMPACT) {
            result.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT);
        } else {
            result.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
            result.put(TopicConfig.RETENTION_MS_CONFIG, retentionMillis(topic, settings));
            result.put(TopicConfig.RETENTION_BYTES_CONFIG, FOREVER);
        }
        return result;
    }

    private static String retentionMillis(Topic topic, TopicSettings settings) {
        return switch (topic.cleanup()) {
            case DELETE -> millis(settings.retention());
            case DELETE_LONG -> millis(settings.longRetention());
            case DELETE_LONGEST -> millis(settings.longestRetention());
            case COMPACT, NEVER -> FOREVER;
        };
    }

    private static String millis(Duration duration) {
        return Long.toString(duration.toMillis());
    }
}
