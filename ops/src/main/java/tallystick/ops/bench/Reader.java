package tallystick.ops.bench;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import tallystick.kafka.KafkaConnection;

/// Reads committed records of invoices and payments as any consumer does, and notes when. A thread of its own.
final class Reader implements AutoCloseable {
    private static final Duration POLL = Duration.ofSeconds(1);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final String invoices;
    private final Latencies latencies;
    private final Thread thread;

    private Reader(KafkaConsumer<byte[], byte[]> consumer, String invoices, Latencies latencies) {
        this.consumer = consumer;
        this.invoices = invoices;
        this.latencies = latencies;
        this.thread = Thread.ofPlatform().name("bench-reader").unstarted(this::read);
    }

    /// Reads from the topics' ends on.
    static Reader start(String bootstrapServers, String prefix, Latencies latencies) {
        Map<String, Object> properties =
                new KafkaConnection(bootstrapServers, Map.of()).consumerProperties("bench");
        var consumer = new KafkaConsumer<byte[], byte[]>(properties);
        String invoices = prefix + ".invoices.v1";
        List<TopicPartition> partitions =
                Stream.of(invoices, prefix + ".payments.v1")
                        .flatMap(topic -> consumer.partitionsFor(topic).stream())
                        .map(each -> new TopicPartition(each.topic(), each.partition()))
                        .toList();
        consumer.assign(partitions);
        consumer.seekToEnd(partitions);
        partitions.forEach(consumer::position);
        var reader = new Reader(consumer, invoices, latencies);
        reader.thread.start();
        return reader;
    }

    private void read() {
        try (consumer) {
            while (true) {
                var records = consumer.poll(POLL);
                long now = System.nanoTime();
                for (ConsumerRecord<byte[], byte[]> record : records) {
                    Events.of(record.topic().equals(invoices), record)
                            .ifPresent(event -> take(event, now));
                }
            }
        } catch (WakeupException _) {
            // Closed.
        }
    }

    /// An invoice whose settlement is known before its opening was published has no record of the opening.
    private void take(String event, long now) {
        latencies.read(event, now);
        Events.opening(event).ifPresent(opening -> latencies.overtaken(opening, now));
    }

    @Override
    public void close() {
        consumer.wakeup();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
