package tallystick.ops.pipeline;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import tallystick.ingest.books.EntryRules;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.proto.v1.BookEntry;
import tallystick.serve.books.Entries;

/// Entries of the API, written to the inbox topic as other systems write theirs. Any thread.
public final class InboxEntries implements Entries, AutoCloseable {
    /// For what is under way.
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

    private final TopicSettings topics;
    private final Producer<byte[], byte[]> producer;

    private InboxEntries(TopicSettings topics, Producer<byte[], byte[]> producer) {
        this.topics = topics;
        this.producer = producer;
    }

    public static InboxEntries open(KafkaConnection kafka, TopicSettings topics) {
        return new InboxEntries(topics, new KafkaProducer<>(kafka.producerProperties()));
    }

    @Override
    public Optional<String> fault(BookEntry entry) {
        return EntryRules.fault(entry);
    }

    @Override
    public CompletionStage<Void> post(BookEntry entry) {
        var safe = new CompletableFuture<Void>();
        try {
            // Versions of one entry stay in their order.
            String key = entry.getSource() + "/" + entry.getEntryId();
            var _ =
                    producer.send(
                            new ProducerRecord<>(
                                    topics.name(Topic.BOOKS_INBOX),
                                    RecordKeys.bytes(key),
                                    entry.toByteArray()),
                            (_, failure) -> {
                                if (failure == null) {
                                    safe.complete(null);
                                } else {
                                    safe.completeExceptionally(failure);
                                }
                            });
        } catch (KafkaException | IllegalStateException e) {
            safe.completeExceptionally(e);
        }
        return safe;
    }

    @Override
    public void close() {
        producer.close(CLOSE_LIMIT);
    }
}
