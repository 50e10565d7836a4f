package tallystick.ops.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicAdmin;
import tallystick.kafka.TopicException;
import tallystick.kafka.TopicSettings;

class TopicAdminIT {
    @TempDir Path directory;

    @Test
    void makesWhatIsAbsentAndRefusesAnotherNumberOfPartitions() throws Exception {
        try (var kafka = EmbeddedKafka.start(directory)) {
            var connection = new KafkaConnection(kafka.bootstrapServers(), Map.of());
            var four = new TopicAdmin(connection, TopicSettings.defaults());

            assertThat(four.createAbsent()).hasSize(Topic.values().length);
            assertThat(four.createAbsent()).isEmpty();
            assertThat(four.list())
                    .hasSize(Topic.values().length)
                    .contains(
                            new TopicAdmin.Found(
                                    "tallystick.ledger-heads.v1", 1, 1, "delete", "-1"))
                    .contains(
                            new TopicAdmin.Found(
                                    "tallystick.books.v1",
                                    4,
                                    1,
                                    "delete",
                                    Long.toString(Duration.ofDays(30).toMillis())));

            var eight = new TopicAdmin(connection, withPartitions(8));
            assertThatThrownBy(eight::createAbsent)
                    .isInstanceOf(TopicException.class)
                    .hasMessageContaining(
                            "topic tallystick.invoices.v1: 4 partitions (expected: 8)")
                    .hasMessageContaining("fixed for a ledger's life");
        }
    }

    private static TopicSettings withPartitions(int partitions) {
        var defaults = TopicSettings.defaults();
        return new TopicSettings(
                defaults.prefix(),
                partitions,
                defaults.replication(),
                defaults.retention(),
                defaults.longRetention(),
                defaults.longestRetention());
    }
}
