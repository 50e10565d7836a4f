package tallystick.ingest.books;

import com.google.protobuf.InvalidProtocolBufferException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;
import tallystick.ingest.publish.CommittedRecords;
import tallystick.ingest.publish.KafkaClients;
import tallystick.ingest.publish.Times;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.proto.v1.BooksCursor;

/// The cursor of one source, in the compacted topic of what ingest must remember.
final class PullCursors {

    private static final Logger LOG = LoggerFactory.getLogger(PullCursors.class);

    private final KafkaClients clients;
    private final TopicSettings topics;
    private final PullConfig config;
    private final byte[] key;

    PullCursors(KafkaClients clients, TopicSettings topics, PullConfig config) {
        this.clients = clients;
        this.topics = topics;
        this.config = config;
        this.key = RecordKeys.bytes("books/" + config.source());
    }

    /// What was committed last, whatever column and type it is of.
    Optional<BooksCursor> read() throws InterruptedException {
        return last(clients.consumer(name()));
    }

    /// Whether a pull of another term has begun to write, committed or not: it has already fenced everybody else.
    boolean isSucceeded(long term) throws InterruptedException {
        return last(clients.consumerOfAll(name())).filter(c -> c.getTerm() != term).isPresent();
    }

    private String name() {
        return topics.prefix() + "-ingest-state";
    }

    private Optional<BooksCursor> last(Consumer<byte[], byte[]> opened)
            throws InterruptedException {
        String topic = topics.name(Topic.INGEST_STATE);
        try (Consumer<byte[], byte[]> consumer = opened) {
            int partitions = consumer.partitionsFor(topic).size();
            if (partitions == 0) {
                throw new IngestException(
                        ErrorCode.USER,
                        "topic: %s is missing (expected: made before books are read)"
                                .formatted(topic));
            }
            var partition = new TopicPartition(topic, RecordKeys.partition(key, partitions));
            return readToEnd(consumer, partition);
        } catch (InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            throw new IngestException(
                    ErrorCode.EXTERNAL,
                    "Kafka: the cursor of books/%s was not read: %s"
                            .formatted(config.source(), e.getMessage()),
                    e);
        }
    }

    /// The stored watermark, if it is one of this query's column. Otherwise the query is read from its begin: what was
    /// published before merges to nothing.
    Optional<Watermark> fitting(Optional<BooksCursor> stored, Watermark.Kind kind) {
        if (stored.filter(c -> !c.getWatermark().isEmpty()).isEmpty()) {
            return Optional.empty();
        }
        Optional<Watermark> fitting =
                stored.filter(c -> c.getWatermarkColumn().equals(config.watermarkColumn()))
                        .filter(c -> c.getWatermarkType().equals(kind.text()))
                        .flatMap(c -> Watermark.parse(kind, c.getWatermark()));
        if (fitting.isEmpty()) {
            LOG.atWarn()
                    .addKeyValue("source", config.source())
                    .log(
                            "the stored cursor is of column {} {} (expected: {} {}): reading from the begin",
                            stored.get().getWatermarkColumn(),
                            stored.get().getWatermarkType(),
                            config.watermarkColumn(),
                            kind.text());
        }
        return fitting;
    }

    ProducerRecord<byte[], byte[]> record(Watermark watermark, long term, Instant now) {
        return record(
                BooksCursor.newBuilder()
                        .setWatermarkColumn(config.watermarkColumn())
                        .setWatermarkType(watermark.kind().text())
                        .setWatermark(watermark.text()),
                term,
                now);
    }

    /// The same place under another term.
    ProducerRecord<byte[], byte[]> takenOver(Optional<BooksCursor> stored, long term, Instant now) {
        return record(stored.orElse(BooksCursor.getDefaultInstance()).toBuilder(), term, now);
    }

    /// The key decides the partition, by Kafka's own rule, as it does for everything in this topic.
    private ProducerRecord<byte[], byte[]> record(
            BooksCursor.Builder cursor, long term, Instant now) {
        return new ProducerRecord<>(
                topics.name(Topic.INGEST_STATE),
                key,
                cursor.setSource(config.source())
                        .setTerm(term)
                        .setUpdatedAtNs(Times.epochNanos(now))
                        .build()
                        .toByteArray());
    }

    private Optional<BooksCursor> readToEnd(
            Consumer<byte[], byte[]> consumer, TopicPartition partition)
            throws InterruptedException {
        List<TopicPartition> only = List.of(partition);
        consumer.assign(only);
        consumer.seekToBeginning(only);
        List<BooksCursor> latest = new ArrayList<>();
        CommittedRecords.read(
                clients,
                consumer,
                record -> {
                    if (Arrays.equals(record.key(), key)) {
                        latest.clear();
                        if (record.value() != null) {
                            latest.add(parse(record.value()));
                        }
                    }
                });
        return latest.stream().findFirst();
    }

    private BooksCursor parse(byte[] value) {
        try {
            return BooksCursor.parseFrom(value);
        } catch (InvalidProtocolBufferException e) {
            throw new IngestException(
                    ErrorCode.INTERNAL,
                    "ingest-state, key books/%s: not readable (expected: BooksCursor)"
                            .formatted(config.source()),
                    e);
        }
    }
}
