package tallystick.reconcile;

import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import tallystick.db.Transactions;
import tallystick.db.write.DecisionRepository;
import tallystick.kafka.EventHeaders;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.mismatch.RuleSet;

/// Writes people's decisions to where the worker that owns the item finds them, and waits until they have taken effect.
public final class DecisionDesk {
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final Transactions transactions;
    private final KafkaClients clients;
    private final TopicSettings topics;
    private final String ledger;
    private final DecisionRepository repository = new DecisionRepository();

    public DecisionDesk(
            DataSource dataSource, KafkaConnection kafka, TopicSettings topics, String ledger) {
        this.transactions = new Transactions(dataSource);
        this.clients = KafkaClients.of(kafka, 1);
        this.topics = topics;
        this.ledger = ledger;
    }

    /// What became of a decision.
    ///
    /// @param sequence ledger sequence number at which it took effect; empty when it has not yet
    /// @param state of the mismatch then
    public record Answer(OptionalLong sequence, String state) {}

    /// Version of the rules that hold; 0 before anything was decided.
    public int ruleVersion() {
        return new RuleBook(transactions).active().map(RuleSet::version).orElse(0);
    }

    /// Writes the decision and waits.
    ///
    /// @param reference of the mismatch, in the books' form
    /// @param node of the mismatch; empty when it is about none
    /// @param limit how long to wait at most
    /// @throws IllegalArgumentException when it cannot be decided this way, with the reason
    public Answer submit(Decision decision, String reference, String node, Duration limit)
            throws InterruptedException {
        tallystick.proto.v1.Decision message =
                DecisionCodec.encode(decision).toBuilder()
                        .setReference(reference)
                        .setNode(node)
                        .build();
        String key =
                GroupDecision.isGroup(reference)
                        ? reference
                        : RecordKeys.of(DecisionCodec.itemKey(message));
        RecordMetadata place = write(decision, key, message.toByteArray());
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            refuse(place);
            Answer answer = answer(decision);
            if (answer.sequence().isPresent() || System.nanoTime() >= end) {
                return answer;
            }
            TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
        }
    }

    private RecordMetadata write(Decision decision, String key, byte[] value)
            throws InterruptedException {
        try (Producer<byte[], byte[]> producer =
                clients.producer(topics.prefix() + "-decision-" + decision.id())) {
            producer.initTransactions();
            producer.beginTransaction();
            RecordMetadata place =
                    producer.send(
                                    new ProducerRecord<>(
                                            topics.name(Topic.DECISIONS),
                                            RecordKeys.partition(key, topics.partitions()),
                                            null,
                                            RecordKeys.bytes(key),
                                            value,
                                            EventHeaders.of(
                                                    decision.id(),
                                                    "/ledgers/" + ledger,
                                                    Topic.DECISIONS,
                                                    decision.mismatchId(),
                                                    decision.decidedAt())))
                            .get();
            producer.commitTransaction();
            return place;
        } catch (ExecutionException e) {
            throw ReconcileException.passing(
                    "Kafka: %s (expected: a broker that takes the decision)"
                            .formatted(e.getMessage()),
                    e);
        }
    }

    private Answer answer(Decision decision) {
        byte[] id = HexFormat.of().parseHex(decision.mismatchId());
        return transactions.read(
                connection ->
                        new Answer(
                                repository.sequence(connection, decision.id()),
                                repository.state(connection, id).orElse("")));
    }

    private void refuse(RecordMetadata place) {
        Optional<String> refusal =
                transactions.read(
                        connection ->
                                repository.refusal(
                                        connection,
                                        place.topic(),
                                        place.partition(),
                                        place.offset()));
        if (refusal.isPresent()) {
            throw new IllegalArgumentException(refusal.get());
        }
    }
}
