package tallystick.kafka;

import java.time.Duration;

/// Where the topics are and how they are made. `partitions` is fixed for a ledger's life.
///
/// @param prefix first part of every topic's name
/// @param partitions of every keyed topic and of coverage
/// @param retention of topics whose records are deleted with time
/// @param longRetention of what nodes said about money
/// @param longestRetention of what people decided
public record TopicSettings(
        String prefix,
        int partitions,
        short replication,
        Duration retention,
        Duration longRetention,
        Duration longestRetention) {
    private static final int PARTITIONS_MAX = 1_024;

    public TopicSettings {
        if (!prefix.matches("[a-zA-Z0-9._-]{1,100}")) {
            throw new IllegalArgumentException(
                    "kafka.topic-prefix: %s (expected: letters, digits, '.', '_' or '-')"
                            .formatted(prefix));
        }
        if (partitions < 1 || partitions > PARTITIONS_MAX) {
            throw new IllegalArgumentException(
                    "kafka.partitions: %d (expected: 1 to %d)"
                            .formatted(partitions, PARTITIONS_MAX));
        }
        if (replication < 1) {
            throw new IllegalArgumentException(
                    "kafka.replication: %d (expected: at least 1)".formatted(replication));
        }
    }

    /// One broker, four partitions; a month, a year, ten years.
    public static TopicSettings defaults() {
        return new TopicSettings(
                "tallystick",
                4,
                (short) 1,
                Duration.ofDays(30),
                Duration.ofDays(366),
                Duration.ofDays(3_660));
    }

    public String name(Topic topic) {
        return topic.name(prefix);
    }
}
