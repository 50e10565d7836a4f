package tallystick.ops.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.ingest.publish.KafkaClients;
import tallystick.ingest.publish.StateStore;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicAdmin;
import tallystick.kafka.TopicSettings;
import tallystick.proto.v1.NodeCursors;

/// What ingestors remember, on a real broker.
class IngestStateIT {
    private static final String ALICE = "02" + "a1".repeat(32);
    private static final String BOB = "03" + "b2".repeat(32);
    private static final TopicSettings TOPICS = TopicSettings.defaults();

    @TempDir private Path directory;

    /// As after a kill in the middle of a transaction of another node in the same partition.
    @Test
    void whatWasCommittedBehindATransactionOfAnotherNodeIsReadToo() throws Exception {
        try (var kafka = EmbeddedKafka.start(directory)) {
            var connection = new KafkaConnection(kafka.bootstrapServers(), Map.of());
            new TopicAdmin(connection, TOPICS).createAbsent();
            try (var clients = KafkaClients.of(connection);
                    var bob = clients.producer("bob");
                    var alice = clients.producer("alice")) {
                begin(bob, BOB, new byte[0]);
                begin(
                        alice,
                        ALICE,
                        NodeCursors.newBuilder()
                                .setNode(ALICE)
                                .setAlias("alice")
                                .build()
                                .toByteArray());
                alice.commitTransaction();

                var nodes =
                        CompletableFuture.supplyAsync(
                                () -> new StateStore(clients, TOPICS).nodesByAlias());
                assertThatThrownBy(() -> nodes.get(1, TimeUnit.SECONDS))
                        .isInstanceOf(TimeoutException.class);
                bob.abortTransaction();

                assertThat(nodes.get(30, TimeUnit.SECONDS)).containsEntry("alice", ALICE);
            }
        }
    }

    private static void begin(Producer<byte[], byte[]> producer, String node, byte[] value)
            throws Exception {
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(
                        new ProducerRecord<>(
                                TOPICS.name(Topic.INGEST_STATE),
                                RecordKeys.partition(ALICE, TOPICS.partitions()),
                                (node + "/cursors").getBytes(UTF_8),
                                value))
                .get();
    }
}
