package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tallystick.db.Database;
import tallystick.db.Role;
import tallystick.db.Transactions;
import tallystick.db.testing.TestDatabase;
import tallystick.db.write.PositionRepository;
import tallystick.db.write.PositionRepository.Position;

/// A worker goes on only where the log is still the one that was applied; otherwise it says what leads out.
class PositionsIT {
    private static final TopicPartition PLACE = new TopicPartition("test.books.v1", 1);
    private static final String WAY_OUT = "tallystick ingest resync";

    private final TestDatabase database = TestDatabase.migrated();
    private final Database writer = database.connect(Role.WRITER);
    private final Transactions transactions = new Transactions(writer.dataSource());

    @AfterEach
    void close() {
        writer.close();
        database.close();
    }

    @Test
    void beginsANewPartitionWhereItsLogBegins() {
        assertThat(load("cluster", "topic", 3, 9, null)).isEqualTo(Map.of(PLACE, 3L));
        assertThat(load("cluster", "topic", 3, 9, null)).isEqualTo(Map.of(PLACE, 3L));
    }

    @Test
    void goesOnWhereTheLastRecordIsTheOneThatWasApplied() {
        store(7, record(6, "last"));

        assertThat(load("cluster", "topic", 0, 9, record(6, "last"))).isEqualTo(Map.of(PLACE, 7L));
    }

    @Test
    void refusesAnotherCluster() {
        store(7, null);

        refuses("other", "topic", 0, 9, null, "of Kafka cluster cluster (expected: other");
    }

    @Test
    void refusesATopicMadeAnew() {
        store(7, null);

        refuses("cluster", "other", 0, 9, null, "the topic was made anew, its id is other");
    }

    @Test
    void refusesALogThatEndsBeforeThePosition() {
        store(7, null);

        refuses("cluster", "topic", 0, 6, null, "7 (expected: at most 6, where the log ends)");
    }

    @Test
    void refusesALogThatBeginsAfterThePosition() {
        store(7, null);

        refuses(
                "cluster",
                "topic",
                8,
                9,
                null,
                "7 (expected: at least 8, where the log now begins)");
    }

    @Test
    void refusesAnotherLastRecord() {
        store(7, record(6, "last"));

        refuses("cluster", "topic", 0, 9, record(6, "another"), "at offset 6 is another one");
    }

    @Test
    void refusesALogInWhichTheLastRecordIsMissing() {
        store(7, record(6, "last"));

        refuses("cluster", "topic", 0, 9, record(7, "later"), "at offset 6 is another one");
    }

    @Test
    void doesNotAccuseTheLogWhenNothingIsReadBack() {
        store(7, record(6, "last"));

        assertThatThrownBy(() -> load("cluster", "topic", 0, 9, null))
                .isInstanceOfSatisfying(
                        ReconcileException.class, e -> assertThat(e.isPassing()).isTrue())
                .hasMessageContaining("nothing read back");
    }

    private void refuses(
            String cluster,
            String topicId,
            long begin,
            long end,
            @Nullable ConsumerRecord<byte[], byte[]> there,
            String message) {
        assertThatThrownBy(() -> load(cluster, topicId, begin, end, there))
                .isInstanceOfSatisfying(
                        ReconcileException.class, e -> assertThat(e.isPassing()).isFalse())
                .hasMessageContaining(PLACE.toString())
                .hasMessageContaining(message)
                .hasMessageContaining(WAY_OUT);
    }

    private void store(long nextOffset, @Nullable ConsumerRecord<byte[], byte[]> last) {
        Position position =
                new Position(
                        PLACE.partition(),
                        PLACE.topic(),
                        "cluster",
                        "topic",
                        nextOffset,
                        last == null ? null : Digests.mark(last),
                        last == null ? null : last.offset());
        transactions.call(
                connection -> {
                    new PositionRepository().create(connection, List.of(position));
                    return 0;
                });
    }

    private Map<TopicPartition, Long> load(
            String cluster,
            String topicId,
            long begin,
            long end,
            @Nullable ConsumerRecord<byte[], byte[]> there) {
        MockConsumer<byte[], byte[]> consumer = consumer(begin, end);
        consumer.assign(List.of(PLACE));
        return new Positions(
                        transactions,
                        cluster,
                        Map.of(PLACE.topic(), topicId),
                        () -> reader(begin, end, there))
                .load(consumer, List.of(PLACE));
    }

    private static MockConsumer<byte[], byte[]> reader(
            long begin, long end, @Nullable ConsumerRecord<byte[], byte[]> there) {
        MockConsumer<byte[], byte[]> reader = consumer(begin, end);
        if (there != null) {
            reader.schedulePollTask(() -> reader.addRecord(there));
        }
        return reader;
    }

    private static MockConsumer<byte[], byte[]> consumer(long begin, long end) {
        MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
        consumer.updateBeginningOffsets(Map.of(PLACE, begin));
        consumer.updateEndOffsets(Map.of(PLACE, end));
        return consumer;
    }

    private static ConsumerRecord<byte[], byte[]> record(long offset, String value) {
        return new ConsumerRecord<>(
                PLACE.topic(),
                PLACE.partition(),
                offset,
                new byte[0],
                value.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
}
