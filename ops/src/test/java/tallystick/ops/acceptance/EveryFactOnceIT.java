package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tallystick.ingest.IngestConfig;
import tallystick.ingest.Ingestor;
import tallystick.ingest.NodeConfig;
import tallystick.ingest.publish.KafkaClients;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicAdmin;
import tallystick.kafka.TopicSettings;
import tallystick.ops.embedded.EmbeddedKafka;
import tallystick.proto.v1.InvoiceRecord;
import tallystick.proto.v1.PaymentRecord;
import tallystick.proto.v1.PaymentState;
import tallystick.proto.v1.ReceiptState;
import tallystick.simulator.replay.Progress;
import tallystick.simulator.replay.Recordings;
import tallystick.simulator.replay.Replay;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A follower that is away, lnd stopped, started and killed while things go on: what the doers know to have happened is in
/// Kafka, each once.
class EveryFactOnceIT {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final TopicSettings TOPICS = TopicSettings.defaults();

    /// So many things that ended are in the recording at least.
    private static final int FACTS_MIN = 40;

    @TempDir Path directory;

    @Test
    void everySettledInvoiceAndEndedPaymentIsThereOnce() throws Exception {
        Path recording = directory.resolve("restarts");
        Recordings.copyTo("restarts", recording);
        Map<String, Integer> published = new HashMap<>();
        try (var broker = EmbeddedKafka.start(directory.resolve("kafka"))) {
            var kafka = new KafkaConnection(broker.bootstrapServers(), Map.of());
            new TopicAdmin(kafka, TOPICS).createAbsent();
            replay(recording, kafka);
            read(kafka, published);
        }

        List<String> happened = happened(recording);

        assertThat(happened).hasSizeGreaterThan(FACTS_MIN);
        assertThat(happened).doesNotHaveDuplicates();
        for (String fact : happened) {
            assertThat(published).containsEntry(fact, 1);
        }
    }

    private void replay(Path recording, KafkaConnection kafka) throws Exception {
        var plan =
                new Replay.ReplayPlan(
                        Ingestor.STREAMS,
                        Ingestor.LISTS,
                        directory.resolve("nodes"),
                        Optional.empty());
        try (Replay replay = Replay.open(recording, plan);
                var ingestor =
                        new Ingestor(
                                IngestConfig.defaults().withNodes(nodes(replay)),
                                kafka,
                                TOPICS,
                                replay.clock(),
                                replay::sleep,
                                new SplittableRandom(1))) {
            ingestor.start();
            replay.run(follower(ingestor), Instant.parse(MerchantDay.AS_OF), new Silent());
        }
    }

    private static List<NodeConfig> nodes(Replay replay) {
        return replay.nodes().stream()
                .map(
                        node ->
                                new NodeConfig(
                                        node.alias(),
                                        node.host(),
                                        node.port(),
                                        node.tlsCertificate(),
                                        node.macaroon(),
                                        node.network()))
                .toList();
    }

    private static Replay.Follower follower(Ingestor ingestor) {
        return new Replay.Follower() {
            @Override
            public long taken(String alias, String rpc) {
                return ingestor.taken(alias, rpc);
            }

            @Override
            public CompletableFuture<Void> sweep(String alias) {
                return ingestor.sweepNow(alias);
            }

            @Override
            public CompletableFuture<Void> store(String alias) throws InterruptedException {
                return ingestor.committedSoFar(alias);
            }
        };
    }

    /// Counts records that say that something ended.
    private static void read(KafkaConnection kafka, Map<String, Integer> published)
            throws Exception {
        List<TopicPartition> partitions =
                List.of(Topic.INVOICES, Topic.PAYMENTS).stream()
                        .flatMap(
                                topic ->
                                        IntStream.range(0, TOPICS.partitions())
                                                .mapToObj(
                                                        number ->
                                                                new TopicPartition(
                                                                        TOPICS.name(topic),
                                                                        number)))
                        .toList();
        try (var clients = KafkaClients.of(kafka);
                Consumer<byte[], byte[]> consumer = clients.consumer("once")) {
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream()
                    .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<byte[], byte[]> record :
                        consumer.poll(Duration.ofMillis(200))) {
                    said(record).ifPresent(fact -> published.merge(fact, 1, Integer::sum));
                }
            }
        }
    }

    private static Optional<String> said(ConsumerRecord<byte[], byte[]> record) throws Exception {
        if (record.topic().equals(TOPICS.name(Topic.INVOICES))) {
            InvoiceRecord invoice = InvoiceRecord.parseFrom(record.value());
            return invoice.getState() == ReceiptState.RECEIPT_STATE_SETTLED
                    ? Optional.of(
                            "%s received %s"
                                    .formatted(
                                            invoice.getEnvelope().getNode(),
                                            hex(invoice.getPaymentHash().toByteArray())))
                    : Optional.empty();
        }
        PaymentRecord payment = PaymentRecord.parseFrom(record.value());
        boolean isEnded =
                payment.getState() == PaymentState.PAYMENT_STATE_SUCCEEDED
                        || payment.getState() == PaymentState.PAYMENT_STATE_FAILED;
        return isEnded
                ? Optional.of(
                        "%s paid %s: %s"
                                .formatted(
                                        payment.getEnvelope().getNode(),
                                        hex(payment.getPaymentHash().toByteArray()),
                                        payment.getState().name().replace("PAYMENT_STATE_", "")))
                : Optional.empty();
    }

    /// What the doers of it all wrote down, of the nodes that were recorded.
    private static List<String> happened(Path recording) throws IOException {
        JsonNode truth;
        Path plain = recording.resolve("truth.json");
        try (InputStream file =
                Files.exists(plain)
                        ? Files.newInputStream(plain)
                        : new GZIPInputStream(
                                Files.newInputStream(recording.resolve("truth.json.gz")))) {
            truth = JSON.readTree(file);
        }
        Map<String, String> recorded = new HashMap<>();
        for (JsonNode name : truth.path("recorded")) {
            recorded.put(name.asString(), truth.path("nodes").path(name.asString()).asString());
        }
        List<String> facts = new ArrayList<>();
        Map<String, String> paid = new LinkedHashMap<>();
        for (JsonNode step : truth.path("steps")) {
            if (!step.path("what").asString().equals("payment")) {
                continue;
            }
            String hash = step.path("hash").asString();
            String payer = recorded.get(step.path("payer").asString());
            if (payer != null && !step.path("status").asString().equals("IN_FLIGHT")) {
                // A failed payment that was tried again is another one; nobody has the first any
                // more.
                paid.put(
                        payer + " paid " + hash,
                        "%s paid %s: %s".formatted(payer, hash, step.path("status").asString()));
            }
            String payee = recorded.get(step.path("payee").path("node").asString());
            if (payee != null && step.path("payee").path("state").asString().equals("SETTLED")) {
                facts.add("%s received %s".formatted(payee, hash));
            }
        }
        facts.addAll(paid.values());
        return facts;
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static final class Silent implements Replay.Listener {
        @Override
        public void progress(Progress progress) {
            // Nobody watches.
        }

        @Override
        public void checkpointDone(int number) {
            // Nothing is kept.
        }
    }
}
