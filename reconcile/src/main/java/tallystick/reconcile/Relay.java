package tallystick.reconcile;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import tallystick.db.Transactions;
import tallystick.db.write.RegisterRepository;
import tallystick.db.write.RegisterRepository.OrderedChange;
import tallystick.kafka.EventHeaders;
import tallystick.kafka.KafkaConnection;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.proto.v1.Mismatch;
import tallystick.proto.v1.MismatchChange;
import tallystick.proto.v1.MismatchState;

/// Publishes the changes of the register, in their order. How far it came is kept as the offset of a consumer group of its
/// own, in the Kafka transaction of the records: with a new Kafka everything is published again, with the same identities.
///
/// A second relay of the same ledger fences the first. One thread at a time.
final class Relay implements AutoCloseable {
    private static final int CHANGES_MAX = 1_000;

    private final Transactions transactions;
    private final KafkaConnection kafka;
    private final TopicSettings topics;
    private final String ledger;
    private final RegisterRepository register = new RegisterRepository();
    private @Nullable Producer<byte[], byte[]> producer;

    /// Never subscribes: it only stands for the group whose offset is the relay's place.
    private @Nullable Consumer<byte[], byte[]> group;

    private Place place = new Place(0, -1);

    Relay(Transactions transactions, KafkaConnection kafka, TopicSettings topics, String ledger) {
        this.transactions = transactions;
        this.kafka = kafka;
        this.topics = topics;
        this.ledger = ledger;
    }

    /// The last change that was published.
    private record Place(long sequence, int ordinal) {}

    /// Publishes all that is there. After a failure the next call begins anew from what Kafka has committed.
    void drain() {
        try {
            Producer<byte[], byte[]> open = open();
            while (true) {
                List<OrderedChange> changes =
                        transactions.read(
                                connection ->
                                        register.changesAfter(
                                                connection,
                                                place.sequence(),
                                                place.ordinal(),
                                                CHANGES_MAX));
                if (changes.isEmpty()) {
                    return;
                }
                publish(open, changes);
            }
        } catch (KafkaException e) {
            close();
            throw new ReconcileException(
                    "relay: %s (expected: Kafka at %s)"
                            .formatted(e.getMessage(), kafka.bootstrapServers()),
                    e);
        }
    }

    private Producer<byte[], byte[]> open() {
        Producer<byte[], byte[]> present = producer;
        if (present != null) {
            return present;
        }
        Producer<byte[], byte[]> fresh = new KafkaProducer<>(kafka.producerProperties(group()));
        producer = fresh;
        fresh.initTransactions();
        Consumer<byte[], byte[]> member = new KafkaConsumer<>(kafka.consumerProperties(group()));
        group = member;
        place = committed(member);
        return fresh;
    }

    private void publish(Producer<byte[], byte[]> open, List<OrderedChange> changes) {
        open.beginTransaction();
        for (OrderedChange change : changes) {
            send(open, change);
        }
        OrderedChange last = changes.getLast();
        open.sendOffsetsToTransaction(
                Map.of(
                        anchor(),
                        new OffsetAndMetadata(
                                last.sequence(),
                                Optional.empty(),
                                Integer.toString(last.ordinal()))),
                requireNonNull(group, "group").groupMetadata());
        open.commitTransaction();
        place = new Place(last.sequence(), last.ordinal());
    }

    private void send(Producer<byte[], byte[]> open, OrderedChange change) {
        Mismatch after = MismatchMessages.parse(change.after());
        MismatchChange.Builder message =
                MismatchChange.newBuilder()
                        .setMismatchId(Digests.hex(change.mismatchId()))
                        .setAfter(after)
                        .setCause(change.cause())
                        .setLedgerSequence(change.sequence())
                        .setOrdinal(change.ordinal());
        byte[] before = change.before();
        if (before != null) {
            message.setBefore(MismatchMessages.parse(before));
        }
        byte[] key = RecordKeys.bytes(message.getMismatchId());
        String id = "%s/%d/%d".formatted(ledger, change.sequence(), change.ordinal());
        // A send that fails makes the commit fail.
        var _ =
                open.send(
                        record(
                                Topic.MISMATCHES,
                                key,
                                message.build().toByteArray(),
                                id,
                                after,
                                change.decidedAt()));
        boolean isClosed = after.getState() == MismatchState.MISMATCH_STATE_CLOSED;
        // A send that fails makes the commit fail.
        var _ =
                open.send(
                        record(
                                Topic.MISMATCH_STATE,
                                key,
                                isClosed ? null : change.after(),
                                id,
                                after,
                                change.decidedAt()));
    }

    private ProducerRecord<byte[], byte[]> record(
            Topic topic,
            byte[] key,
            byte @Nullable [] value,
            String id,
            Mismatch about,
            Instant time) {
        return new ProducerRecord<>(
                topics.name(topic),
                null,
                null,
                key,
                value,
                EventHeaders.of(id, "/ledgers/" + ledger, topic, about.getReference(), time));
    }

    private Place committed(Consumer<byte[], byte[]> group) {
        OffsetAndMetadata offset = group.committed(Set.of(anchor())).get(anchor());
        return offset == null
                ? new Place(0, -1)
                : new Place(offset.offset(), Integer.parseInt(offset.metadata()));
    }

    private TopicPartition anchor() {
        return new TopicPartition(topics.name(Topic.MISMATCHES), 0);
    }

    private String group() {
        return topics.prefix() + "-relay-" + ledger;
    }

    @Override
    public void close() {
        Producer<byte[], byte[]> present = producer;
        producer = null;
        if (present != null) {
            present.close();
        }
        Consumer<byte[], byte[]> member = group;
        group = null;
        if (member != null) {
            member.close();
        }
    }
}
