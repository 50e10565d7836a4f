package tallystick.ingest.publish;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;
import tallystick.kafka.Refusal;

/// Writes lists of records, each in one transaction, under one transactional id.
///
/// After any failure the producer is thrown away: the next one's start makes the broker finish or undo whatever the last one
/// left open, and then the same records are written again. When it was the answer to a commit that was lost, they are written
/// twice, which merges to nothing.
///
/// One thread.
public final class Transactions implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Transactions.class);
    private static final Duration PAUSE_MIN = Duration.ofMillis(200);
    private static final Duration PAUSE_MAX = Duration.ofSeconds(10);

    /// How long a producer may take to abort what it has open. Readers of committed records wait at an open transaction, so
    /// one that is left behind costs them a minute; somebody who stops the program does not wait that long.
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

    /// Beyond its limit a producer gets this long to let go.
    private static final Duration CLOSE_MARGIN = Duration.ofSeconds(1);

    private final KafkaClients clients;
    private final String transactionalId;
    private final int attemptsMax;
    private final Consumer<Optional<String>> trouble;
    private final BooleanSupplier isSucceeded;
    private final LongSupplier nanoTime;
    private @Nullable Producer<byte[], byte[]> producer;
    private long begunNanos;

    /// @param attemptsMax how often a transaction is tried; `Integer.MAX_VALUE` for as long as it takes
    /// @param trouble told what is wrong while there is something, and empty when it is over
    public Transactions(
            KafkaClients clients,
            String transactionalId,
            int attemptsMax,
            Consumer<Optional<String>> trouble) {
        this(clients, transactionalId, attemptsMax, trouble, () -> false);
    }

    /// @param isSucceeded asked before each producer is made: whether somebody else has taken over from us. A producer that
    ///     failed was not told so, and the next one would fence the rightful one.
    public Transactions(
            KafkaClients clients,
            String transactionalId,
            int attemptsMax,
            Consumer<Optional<String>> trouble,
            BooleanSupplier isSucceeded) {
        this(clients, transactionalId, attemptsMax, trouble, isSucceeded, System::nanoTime);
    }

    Transactions(
            KafkaClients clients,
            String transactionalId,
            int attemptsMax,
            Consumer<Optional<String>> trouble,
            BooleanSupplier isSucceeded,
            LongSupplier nanoTime) {
        this.clients = clients;
        this.transactionalId = transactionalId;
        this.attemptsMax = attemptsMax;
        this.trouble = trouble;
        this.isSucceeded = isSucceeded;
        this.nanoTime = nanoTime;
    }

    /// A term for whoever takes a transactional id over, to be written with what it remembers: unlike all others.
    public static long newTerm() {
        return UUID.randomUUID().getLeastSignificantBits();
    }

    /// Returns when the records are committed. No records: nothing is done.
    ///
    /// @throws IngestException USER when another producer took over this transactional id, or Kafka refuses us or a record
    public void commit(List<ProducerRecord<byte[], byte[]>> records) throws InterruptedException {
        if (records.isEmpty()) {
            return;
        }
        retry(
                () -> {
                    write(records, begin());
                    return records.size();
                });
    }

    /// Returns when the records are committed together with the positions of the consumer that they came from. Tried once
    /// only: after a failure nobody knows whether the commit arrived, so whoever calls must read the positions anew before
    /// anything is written again.
    ///
    /// @throws IngestException EXTERNAL when it failed; otherwise as `commit`
    public void commit(List<ProducerRecord<byte[], byte[]>> records, Consumed consumed)
            throws InterruptedException {
        retry(
                () -> {
                    Producer<byte[], byte[]> current = begin();
                    current.sendOffsetsToTransaction(consumed.positions(), consumed.group());
                    write(records, current);
                    return records.size();
                },
                1);
    }

    /// Returns when no older producer of this transactional id can write any more, and what it had open is finished or
    /// undone. What is read after this is what the next transaction builds on.
    public void takeOver() throws InterruptedException {
        retry(
                () -> {
                    begunNanos = nanoTime.getAsLong();
                    return producer();
                });
    }

    /// Does something that needs Kafka, and again until it succeeds.
    <T> T retry(KafkaWork<T> work) throws InterruptedException {
        return retry(work, attemptsMax);
    }

    private <T> T retry(KafkaWork<T> work, int attempts) throws InterruptedException {
        Duration pause = PAUSE_MIN;
        for (int attempt = 1; ; attempt++) {
            try {
                T result = work.run();
                trouble.accept(Optional.empty());
                return result;
            } catch (InterruptException e) {
                throw interrupted(e);
            } catch (KafkaException e) {
                discard();
                refuseIfFinal(e);
                if (attempt >= attempts) {
                    throw new IngestException(
                            ErrorCode.EXTERNAL, "Kafka: %s".formatted(describe(e)), e);
                }
                trouble.accept(Optional.of(describe(e)));
            }
            clients.pause(pause);
            pause =
                    pause.multipliedBy(2).compareTo(PAUSE_MAX) < 0
                            ? pause.multipliedBy(2)
                            : PAUSE_MAX;
        }
    }

    /// Aborts what is open, within a few seconds, also in an interrupted thread.
    @Override
    public void close() {
        discard();
    }

    private Producer<byte[], byte[]> begin() {
        begunNanos = nanoTime.getAsLong();
        Producer<byte[], byte[]> current = producer();
        current.beginTransaction();
        return current;
    }

    private static void write(
            List<ProducerRecord<byte[], byte[]>> records, Producer<byte[], byte[]> current) {
        for (var record : records) {
            // What goes wrong with one of them is thrown by the commit.
            var _ = current.send(record);
        }
        current.commitTransaction();
    }

    private Producer<byte[], byte[]> producer() {
        Producer<byte[], byte[]> current = producer;
        if (current == null) {
            if (isSucceeded.getAsBoolean()) {
                throw fenced(null);
            }
            current = clients.producer(transactionalId);
            producer = current;
            current.initTransactions();
        }
        return current;
    }

    private void discard() {
        Producer<byte[], byte[]> last = producer;
        producer = null;
        if (last == null) {
            return;
        }
        // In a thread of its own, because an interrupt would make the client drop the transaction
        // without a word.
        Thread closing =
                Thread.ofVirtual().name("close-" + transactionalId).start(() -> close(last));
        joinWithin(closing, CLOSE_LIMIT.plus(CLOSE_MARGIN));
    }

    /// The client aborts an open transaction when it is given time to close.
    private void close(Producer<byte[], byte[]> last) {
        try {
            last.close(CLOSE_LIMIT);
        } catch (KafkaException e) {
            LOG.atWarn()
                    .addKeyValue("transactionalId", transactionalId)
                    .log("producer did not close: {}", describe(e));
        }
    }

    private void joinWithin(Thread thread, Duration limit) {
        long end = nanoTime.getAsLong() + limit.toNanos();
        boolean isInterrupted = false;
        boolean isWaiting = true;
        while (isWaiting) {
            try {
                thread.join(Duration.ofNanos(Math.max(1, end - nanoTime.getAsLong())));
                isWaiting = false;
            } catch (InterruptedException _) {
                isInterrupted = true;
            }
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void refuseIfFinal(KafkaException failure) {
        if (isFenced(failure) && !outlivedItsTime()) {
            throw fenced(failure);
        }
        if (Refusal.is(failure) || hasCause(failure, RecordTooLargeException.class)) {
            throw new IngestException(
                    ErrorCode.USER, "Kafka refuses: %s".formatted(describe(failure)), failure);
        }
    }

    private FencedException fenced(@Nullable Throwable cause) {
        return new FencedException(
                "Kafka, transactional id %s: another producer took it over (expected: one ingestor per node, one import per source)"
                        .formatted(transactionalId),
                cause);
    }

    /// A broker also fences a transaction that stayed open too long, as after a stop of the broker. Then nobody else is there.
    private boolean outlivedItsTime() {
        long openNanos = nanoTime.getAsLong() - begunNanos;
        return openNanos >= clients.transactionTimeout().toNanos();
    }

    private static boolean isFenced(Throwable failure) {
        return hasCause(failure, ProducerFencedException.class)
                || hasCause(failure, InvalidProducerEpochException.class);
    }

    private static boolean hasCause(Throwable failure, Class<? extends Throwable> type) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }

    private static InterruptedException interrupted(InterruptException e) {
        // The client has set the flag again; whoever gets the exception acts on it.
        Thread.interrupted();
        var interrupted = new InterruptedException("interrupted in Kafka's client");
        interrupted.initCause(e);
        return interrupted;
    }

    private static String describe(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }

    /// Another producer has taken over the transactional id. Whoever gets this writes no more under it.
    public static final class FencedException extends IngestException {
        private static final long serialVersionUID = 1L;

        private FencedException(String message, @Nullable Throwable cause) {
            super(ErrorCode.USER, message, cause);
        }
    }

    /// How far a consumer has read, as its group remembers it.
    ///
    /// @param positions the next offset to be read of each partition
    /// @param group who has read; it tells the broker of a member that is no longer one
    public record Consumed(
            Map<TopicPartition, OffsetAndMetadata> positions, ConsumerGroupMetadata group) {
        public Consumed {
            positions = Map.copyOf(positions);
        }
    }

    /// Something that talks to Kafka.
    @FunctionalInterface
    interface KafkaWork<T> {
        T run() throws InterruptedException;
    }
}
