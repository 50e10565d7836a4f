package tallystick.ingest.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.junit.jupiter.api.Test;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;
import tallystick.kafka.TopicSettings;

class TransactionsTest {
    private static final List<ProducerRecord<byte[], byte[]>> RECORDS =
            List.of(
                    new ProducerRecord<>("t", new byte[] {1}, new byte[] {2}),
                    new ProducerRecord<>("t", new byte[] {3}, new byte[] {4}));

    private final FakeKafka kafka = new FakeKafka(TopicSettings.defaults());
    private final List<Optional<String>> trouble = new ArrayList<>();
    private long nanoTime;

    @Test
    void writesAgainWhatFailed() throws Exception {
        kafka.failCommits(2);

        transactions(Integer.MAX_VALUE).commit(RECORDS);

        assertThat(kafka.committed()).isEqualTo(RECORDS);
        assertThat(trouble)
                .containsExactly(
                        Optional.of("commit: connection lost"),
                        Optional.of("commit: connection lost"),
                        Optional.empty());
    }

    @Test
    void givesUpAfterItsAttempts() {
        kafka.failCommits(3);

        assertThatThrownBy(() -> transactions(3).commit(RECORDS))
                .isInstanceOfSatisfying(
                        IngestException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.EXTERNAL))
                .hasMessage("Kafka: commit: connection lost");
        assertThat(kafka.committed()).isEmpty();
    }

    @Test
    void stopsWhenAnotherTookOver() throws Exception {
        Transactions first = transactions(Integer.MAX_VALUE);
        first.commit(RECORDS);
        transactions(Integer.MAX_VALUE).commit(RECORDS);

        assertThatThrownBy(() -> first.commit(RECORDS))
                .isInstanceOfSatisfying(
                        IngestException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.USER))
                .hasMessageContaining("another producer took it over");
        assertThat(kafka.committed()).hasSize(4);
    }

    @Test
    void goesOnWhenItWasOnlyItsOwnTransactionThatRanOut() throws Exception {
        var first =
                new Transactions(
                        kafka,
                        "id",
                        Integer.MAX_VALUE,
                        trouble::add,
                        () -> false,
                        // Each look at the clock finds a minute passed.
                        () -> nanoTime += 60_000_000_000L);
        first.commit(RECORDS);
        transactions(Integer.MAX_VALUE).commit(RECORDS);

        first.commit(RECORDS);

        assertThat(kafka.committed()).hasSize(6);
    }

    @Test
    void abortsWhatIsOpenWhenItIsClosed() throws Exception {
        var closing = new ClosingKafka(kafka);
        closing.interruptAtCommit = true;
        Transactions transactions = new Transactions(closing, "id", 1, trouble::add);
        assertThatThrownBy(() -> transactions.commit(RECORDS))
                .isInstanceOf(InterruptedException.class);

        Thread.currentThread().interrupt();
        transactions.close();

        assertThat(Thread.interrupted()).as("interrupt kept for the caller").isTrue();
        assertThat(closing.limits).containsExactly(Duration.ofSeconds(5));
        assertThat(closing.closedInterrupted).isFalse();
        assertThat(kafka.committed()).isEmpty();
    }

    @Test
    void takesOverBeforeAnythingIsWritten() throws Exception {
        Transactions first = transactions(Integer.MAX_VALUE);
        first.commit(RECORDS);

        transactions(Integer.MAX_VALUE).takeOver();

        assertThatThrownBy(() -> first.commit(RECORDS))
                .hasMessageContaining("another producer took it over");
    }

    @Test
    void positionsAreCommittedWithTheRecordsOrNot() throws Exception {
        var closing = new ClosingKafka(kafka);
        var consumed =
                new Transactions.Consumed(
                        Map.of(new TopicPartition("inbox", 0), new OffsetAndMetadata(7)),
                        new MockConsumer<byte[], byte[]>("none").groupMetadata());
        Transactions transactions = new Transactions(closing, "id", 5, trouble::add);
        transactions.commit(RECORDS, consumed);
        kafka.failCommits(1);

        assertThatThrownBy(() -> transactions.commit(RECORDS, consumed))
                .isInstanceOfSatisfying(
                        IngestException.class,
                        e -> assertThat(e.code()).isEqualTo(ErrorCode.EXTERNAL));

        assertThat(kafka.committed()).isEqualTo(RECORDS);
        assertThat(closing.producers).hasSize(1);
        assertThat(closing.producers.getFirst().consumerGroupOffsetsHistory())
                .containsExactly(Map.of(consumed.group().groupId(), consumed.positions()));
    }

    @Test
    void looksForASuccessorBeforeItBeginsAnew() throws Exception {
        var isSucceeded = new AtomicBoolean();
        var first =
                new Transactions(kafka, "id", Integer.MAX_VALUE, trouble::add, isSucceeded::get);
        first.commit(RECORDS);
        kafka.failCommits(1);
        first.commit(RECORDS);
        kafka.failCommits(1);
        isSucceeded.set(true);

        assertThatThrownBy(() -> first.commit(RECORDS))
                .isInstanceOf(Transactions.FencedException.class)
                .hasMessageContaining("another producer took it over");

        assertThat(kafka.committed()).hasSize(4);
    }

    @Test
    void nothingIsNoTransaction() throws Exception {
        kafka.failCommits(1);

        transactions(1).commit(List.of());

        assertThat(trouble).isEmpty();
    }

    private Transactions transactions(int attemptsMax) {
        return new Transactions(
                kafka, "id", attemptsMax, trouble::add, () -> false, () -> nanoTime);
    }

    /// Notes how producers are closed.
    private static final class ClosingKafka implements KafkaClients {
        private final FakeKafka kafka;
        private final List<MockProducer<byte[], byte[]>> producers = new ArrayList<>();
        private final List<Duration> limits = new ArrayList<>();
        private boolean closedInterrupted;
        private boolean interruptAtCommit;

        ClosingKafka(FakeKafka kafka) {
            this.kafka = kafka;
        }

        @Override
        public Producer<byte[], byte[]> producer(String transactionalId) {
            var producer = (MockProducer<byte[], byte[]>) kafka.producer(transactionalId);
            producers.add(producer);
            @SuppressWarnings("unchecked")
            var noting =
                    (Producer<byte[], byte[]>)
                            Proxy.newProxyInstance(
                                    getClass().getClassLoader(),
                                    new Class<?>[] {Producer.class},
                                    (_, method, arguments) -> {
                                        if (method.getName().equals("commitTransaction")
                                                && interruptAtCommit) {
                                            throw new InterruptException("commit");
                                        }
                                        if (method.getName().equals("close")) {
                                            limits.add((Duration) arguments[0]);
                                            closedInterrupted =
                                                    Thread.currentThread().isInterrupted();
                                        }
                                        try {
                                            return method.invoke(producer, arguments);
                                        } catch (InvocationTargetException e) {
                                            throw e.getCause();
                                        }
                                    });
            return noting;
        }

        @Override
        public Consumer<byte[], byte[]> consumer(String name) {
            return kafka.consumer(name);
        }

        @Override
        public Consumer<byte[], byte[]> consumerOfAll(String name) {
            return kafka.consumerOfAll(name);
        }

        @Override
        public Map<TopicPartition, Long> endOffsets(Collection<TopicPartition> partitions) {
            return kafka.endOffsets(partitions);
        }

        @Override
        public void pause(Duration duration) {
            kafka.pause(duration);
        }

        @Override
        public Duration transactionTimeout() {
            return kafka.transactionTimeout();
        }

        @Override
        public void close() {
            kafka.close();
        }
    }
}
