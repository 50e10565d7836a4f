package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.proto.v1.Mismatch;
import tallystick.proto.v1.MismatchChange;
import tallystick.proto.v1.MismatchState;

/// What a relay has published of a ledger, now and then, with commits that fail. In the end it must be every change once, in
/// order, each beginning where the one before ended, the last as the register has it. One thread.
final class PublishedChanges implements AutoCloseable {
    private final TestLedger ledger;
    private final FakeKafka kafka = new FakeKafka();
    private Relay relay;

    PublishedChanges(TestLedger ledger) {
        this.ledger = ledger;
        this.relay = relay();
    }

    private Relay relay() {
        return new Relay(ledger.transactions(), kafka, topics(), "main", () -> Fact.at(500));
    }

    private static TopicSettings topics() {
        TopicSettings defaults = TopicSettings.defaults();
        return new TopicSettings(
                "test",
                EventLog.PARTITIONS,
                defaults.replication(),
                defaults.retention(),
                defaults.longRetention(),
                defaults.longestRetention());
    }

    /// Publishes what is there, unless it fails or is killed by chance.
    void relay(RandomGenerator random) {
        if (random.nextInt(3) == 0) {
            relay.close();
            relay = relay();
        }
        if (random.nextInt(3) == 0) {
            kafka.producer.commitTransactionException = new KafkaException("gone");
        }
        try {
            relay.drain();
        } catch (ReconcileException e) {
            assertThat(e).hasMessageContaining("gone");
        }
        kafka.take();
    }

    /// Publishes the rest and looks at all of it.
    void isWhole() {
        kafka.producer.commitTransactionException = null;
        relay.drain();
        kafka.take();
        Map<String, Mismatch> state = new TreeMap<>();
        String before = "";
        long count = 0;
        for (ProducerRecord<byte[], byte[]> record : kafka.committed) {
            if (record.topic().equals(FakeLog.name(Topic.MISMATCHES))) {
                MismatchChange change = parsed(record.value());
                String place =
                        "%09d/%09d".formatted(change.getLedgerSequence(), change.getOrdinal());
                assertThat(place).as("order of %s", change).isGreaterThan(before);
                assertThat(change.hasBefore() ? change.getBefore() : null)
                        .as("published before %s", change)
                        .isEqualTo(state.put(change.getMismatchId(), change.getAfter()));
                before = place;
                count++;
            }
        }
        assertThat(count)
                .as("published changes")
                .isEqualTo(ledger.number("SELECT count(*) FROM register.change"));
        List<String> open = new ArrayList<>();
        state.forEach(
                (id, mismatch) -> {
                    if (mismatch.getState() == MismatchState.MISMATCH_STATE_OPEN) {
                        open.add("%s %d".formatted(id, mismatch.getAmountMsat()));
                    }
                });
        assertThat(open)
                .as("open by what was published")
                .isEqualTo(
                        ledger.rows(
                                "SELECT encode(mismatch_id, 'hex') || ' ' || amount_msat FROM register.mismatch"
                                        + " WHERE state = 'OPEN' ORDER BY encode(mismatch_id, 'hex') COLLATE \"C\""));
    }

    private static MismatchChange parsed(byte[] bytes) {
        try {
            return MismatchChange.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        relay.close();
    }

    /// What was committed stays, whoever connects.
    private static final class FakeKafka implements KafkaClients {
        final List<ProducerRecord<byte[], byte[]>> committed = new ArrayList<>();
        private final Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        MockProducer<byte[], byte[]> producer = new MockProducer<>();
        private int taken;
        private int offsetsTaken;

        @Override
        public Consumer<byte[], byte[]> consumer(String group) {
            MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
            consumer.assign(offsets.keySet());
            consumer.commitSync(offsets);
            return consumer;
        }

        @Override
        public Producer<byte[], byte[]> producer(String transactionalId) {
            producer =
                    new MockProducer<>(
                            true, null, new ByteArraySerializer(), new ByteArraySerializer());
            taken = 0;
            offsetsTaken = 0;
            return producer;
        }

        void take() {
            committed.addAll(producer.history().subList(taken, producer.history().size()));
            taken = producer.history().size();
            var history = producer.consumerGroupOffsetsHistory();
            history.subList(offsetsTaken, history.size())
                    .forEach(one -> one.values().forEach(offsets::putAll));
            offsetsTaken = history.size();
        }
    }
}
