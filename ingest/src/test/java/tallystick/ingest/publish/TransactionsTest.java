package tallystick.ingest.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.producer.ProducerRecord;
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
                        // Each look at the clock finds a minute passed.
                        () -> nanoTime += 60_000_000_000L);
        first.commit(RECORDS);
        transactions(Integer.MAX_VALUE).commit(RECORDS);

        first.commit(RECORDS);

        assertThat(kafka.committed()).hasSize(6);
    }

    @Test
    void nothingIsNoTransaction() throws Exception {
        kafka.failCommits(1);

        transactions(1).commit(List.of());

        assertThat(trouble).isEmpty();
    }

    private Transactions transactions(int attemptsMax) {
        return new Transactions(kafka, "id", attemptsMax, trouble::add, () -> nanoTime);
    }
}
