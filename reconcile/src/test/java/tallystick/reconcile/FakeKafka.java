package tallystick.reconcile;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import tallystick.kafka.Topic;

/// The relay's Kafka in memory: what was committed stays, whoever connects.
final class FakeKafka implements KafkaClients {
    final List<ProducerRecord<byte[], byte[]>> committed = new ArrayList<>();
    final Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();

    /// Ends of what is read here and not written.
    final Map<TopicPartition, Long> ends = new HashMap<>();

    private Optional<Mortal> producer = Optional.empty();
    private Optional<RandomGenerator> death = Optional.empty();

    /// From now on each producer dies somewhere, as chance has it.
    void kill(RandomGenerator random) {
        death = Optional.of(random);
    }

    void spare() {
        death = Optional.empty();
    }

    /// The present producer's next commit fails.
    void failCommit(String reason) {
        producer.orElseThrow().commitTransactionException = new KafkaException(reason);
    }

    /// Of a relay: the kafka client's last steps before it is gone.
    private static final class Mortal extends MockProducer<byte[], byte[]> {
        /// Most steps of a producer that will die.
        private static final int STEPS_MAX = 12;

        private final Optional<RandomGenerator> death;
        private int stepsLeft;
        private int taken;
        private int offsetsTaken;

        Mortal(Optional<RandomGenerator> death) {
            super(true, null, new ByteArraySerializer(), new ByteArraySerializer());
            this.death = death;
            this.stepsLeft = death.map(random -> 1 + random.nextInt(STEPS_MAX)).orElse(0);
        }

        private void step() {
            if (death.isPresent() && --stepsLeft == 0) {
                throw new KafkaException("killed");
            }
        }

        @Override
        public synchronized Future<RecordMetadata> send(
                ProducerRecord<byte[], byte[]> record, Callback callback) {
            step();
            return super.send(record, callback);
        }

        @Override
        public void commitTransaction() {
            step();
            super.commitTransaction();
            step(); // Done, but nobody was told.
        }
    }

    @Override
    public Consumer<byte[], byte[]> consumer(String group) {
        MockConsumer<byte[], byte[]> consumer = new Reader();
        consumer.assign(offsets.keySet());
        consumer.commitSync(offsets);
        Map<TopicPartition, Long> ends = new HashMap<>(this.ends);
        for (Topic topic : new Topic[] {Topic.MISMATCHES, Topic.MISMATCH_STATE, Topic.QUARANTINE}) {
            String name = FakeLog.name(topic);
            consumer.updatePartitions(
                    name,
                    List.of(new PartitionInfo(name, 0, Node.noNode(), new Node[0], new Node[0])));
            ends.put(
                    new TopicPartition(name, 0),
                    committed.stream().filter(record -> record.topic().equals(name)).count());
        }
        consumer.updateEndOffsets(ends);
        return consumer;
    }

    /// Who is given a partition to read from its beginning finds what was committed there.
    private final class Reader extends MockConsumer<byte[], byte[]> {
        Reader() {
            super("none");
        }

        @Override
        public synchronized void seekToBeginning(Collection<TopicPartition> partitions) {
            Map<TopicPartition, Long> begins = new HashMap<>();
            partitions.forEach(one -> begins.put(one, 0L));
            updateBeginningOffsets(begins);
            super.seekToBeginning(partitions);
            for (TopicPartition partition : partitions) {
                long offset = 0;
                for (ProducerRecord<byte[], byte[]> record : committed) {
                    if (record.topic().equals(partition.topic())) {
                        addRecord(
                                new ConsumerRecord<>(
                                        record.topic(),
                                        partition.partition(),
                                        offset++,
                                        0,
                                        TimestampType.CREATE_TIME,
                                        -1,
                                        -1,
                                        record.key(),
                                        record.value(),
                                        record.headers(),
                                        Optional.empty()));
                    }
                }
            }
        }
    }

    @Override
    public Producer<byte[], byte[]> producer(String transactionalId) {
        Mortal fresh = new Mortal(death);
        producer = Optional.of(fresh);
        return fresh;
    }

    /// Takes over what the present producer has committed.
    void take() {
        producer.ifPresent(
                one -> {
                    committed.addAll(one.history().subList(one.taken, one.history().size()));
                    one.taken = one.history().size();
                    var history = one.consumerGroupOffsetsHistory();
                    history.subList(one.offsetsTaken, history.size())
                            .forEach(groups -> groups.values().forEach(offsets::putAll));
                    one.offsetsTaken = history.size();
                });
    }
}
