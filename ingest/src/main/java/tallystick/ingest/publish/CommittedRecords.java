package tallystick.ingest.publish;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;

/// Reads all that was committed before a moment. A consumer that sees committed records only stops at the first transaction
/// that is still open, whosever it is, and calls that the end: what others have committed behind it would be missed.
public final class CommittedRecords {
    private static final Duration POLL_TIMEOUT = Duration.ofMillis(500);

    /// A broker looks only now and then for transactions that have outlived their time.
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static final Logger LOG = LoggerFactory.getLogger(CommittedRecords.class);

    private CommittedRecords() {}

    /// From where the consumer stands in what is assigned to it to what is the end now. Waits for transactions that are open
    /// there; the broker ends those of a program that died.
    ///
    /// @throws IngestException EXTERNAL when one of them stays open for longer than a broker allows
    public static void read(
            KafkaClients clients,
            Consumer<byte[], byte[]> consumer,
            java.util.function.Consumer<ConsumerRecord<byte[], byte[]>> each)
            throws InterruptedException {
        Map<TopicPartition, Long> ends = clients.endOffsets(consumer.assignment());
        Duration patience = clients.transactionTimeout().plus(PATIENCE);
        long movedAt = System.nanoTime();
        boolean isTold = false;
        while (ends.entrySet().stream()
                .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
            var records = consumer.poll(POLL_TIMEOUT);
            records.forEach(each);
            if (!records.isEmpty()) {
                movedAt = System.nanoTime();
            } else if (System.nanoTime() - movedAt > patience.toNanos()) {
                throw new IngestException(
                        ErrorCode.EXTERNAL,
                        "Kafka, %s: a transaction has been open for %d s (expected: it ends)"
                                .formatted(ends.keySet(), patience.toSeconds()));
            } else if (!isTold) {
                isTold = true;
                LOG.atInfo().log("waiting for what is open in {}", ends.keySet());
            }
        }
    }
}
