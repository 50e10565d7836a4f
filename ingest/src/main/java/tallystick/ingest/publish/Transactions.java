package tallystick.ingest.publish;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.jspecify.annotations.Nullable;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;

/// Writes lists of records, each in one transaction, under one transactional id.
///
/// After any failure the producer is thrown away: the next one's start makes the broker finish or undo whatever the last one
/// left open, and then the same records are written again. When it was the answer to a commit that was lost, they are written
/// twice, which merges to nothing.
///
/// One thread.
public final class Transactions implements AutoCloseable {
    private static final Duration PAUSE_MIN = Duration.ofMillis(200);
    private static final Duration PAUSE_MAX = Duration.ofSeconds(10);

    private final KafkaClients clients;
    private final String transactionalId;
    private final int attemptsMax;
    private final Consumer<Optional<String>> trouble;
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
        this(clients, transactionalId, attemptsMax, trouble, System::nanoTime);
    }

    Transactions(
            KafkaClients clients,
            String transactionalId,
            int attemptsMax,
            Consumer<Optional<String>> trouble,
            LongSupplier nanoTime) {
        this.clients = clients;
        this.transactionalId = transactionalId;
        this.attemptsMax = attemptsMax;
        this.trouble = trouble;
        this.nanoTime = nanoTime;
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
                    begunNanos = nanoTime.getAsLong();
                    Producer<byte[], byte[]> current = producer();
                    current.beginTransaction();
                    for (var record : records) {
                        // What goes wrong with one of them is thrown by the commit.
                        var _ = current.send(record);
                    }
                    current.commitTransaction();
                    return records.size();
                });
    }

    /// Takes the transactional id over: whoever had it before can write no more.
    public void open() throws InterruptedException {
        retry(this::producer);
    }

    /// Does something that needs Kafka, and again until it succeeds.
    <T> T retry(KafkaWork<T> work) throws InterruptedException {
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
                if (attempt >= attemptsMax) {
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

    @Override
    public void close() {
        discard();
    }

    private Producer<byte[], byte[]> producer() {
        Producer<byte[], byte[]> current = producer;
        if (current == null) {
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
        try {
            last.close(Duration.ZERO);
        } catch (InterruptException e) {
            Thread.currentThread().interrupt();
        } catch (KafkaException e) {
            trouble.accept(Optional.of("producer did not close: " + describe(e)));
        }
    }

    private void refuseIfFinal(KafkaException failure) {
        if (isFenced(failure) && !outlivedItsTime()) {
            throw new IngestException(
                    ErrorCode.USER,
                    "Kafka, transactional id %s: another producer took it over (expected: one ingestor per node, one import per source)"
                            .formatted(transactionalId),
                    failure);
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof AuthorizationException
                    || cause instanceof AuthenticationException
                    || cause instanceof RecordTooLargeException) {
                throw new IngestException(
                        ErrorCode.USER, "Kafka refuses: %s".formatted(describe(failure)), failure);
            }
        }
    }

    /// A broker also fences a transaction that stayed open too long, as after a stop of the broker. Then nobody else is there.
    private boolean outlivedItsTime() {
        long openNanos = nanoTime.getAsLong() - begunNanos;
        return openNanos >= clients.transactionTimeout().toNanos();
    }

    private static boolean isFenced(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ProducerFencedException
                    || cause instanceof InvalidProducerEpochException) {
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

    /// Something that talks to Kafka.
    @FunctionalInterface
    interface KafkaWork<T> {
        T run() throws InterruptedException;
    }
}
