package tallystick.ingest.books;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tallystick.ingest.publish.FakeKafka;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.proto.v1.BookEntry;
import tallystick.proto.v1.EntryKind;
import tallystick.proto.v1.ReferenceAmount;

@Timeout(60)
class BooksInboxTest {
    private static final String HASH = "d3".repeat(32);
    private static final String OTHER = "e4".repeat(32);
    private static final String NODE = "02" + "a1".repeat(32);

    private final TopicSettings topics = TopicSettings.defaults();
    private final FakeKafka kafka = new FakeKafka(topics);
    private final TopicPartition partition = new TopicPartition(topics.name(Topic.BOOKS_INBOX), 0);
    private final LinkedBlockingQueue<Consumer<byte[], byte[]>> consumers =
            new LinkedBlockingQueue<>();

    @Test
    void writesWhatTheCsvImportWould() throws Exception {
        BookEntry sent =
                entry().setReference("payment_hash:" + HASH.toUpperCase(Locale.ROOT))
                        .setEntryId(" e1 ")
                        .build();
        try (var inbox = started(sent.toByteArray())) {
            kafka.await(k -> k.committed().size() == 1);
            var record = kafka.committed(Topic.BOOKS).getFirst();

            assertThat(BookEntry.parseFrom(record.value())).isEqualTo(entry().build());
            assertThat(new String(record.key(), UTF_8)).isEqualTo(HASH);
            assertThat(record.partition())
                    .isEqualTo(RecordKeys.partition(HASH, topics.partitions()));
            assertThat(header(record, "ce_source")).isEqualTo("/books/shop");
            assertThat(header(record, "ce_type")).isEqualTo("tallystick.v1.BookEntry");
            assertThat(inbox.takeNow().get(20, TimeUnit.SECONDS)).isNull();
            assertThat(inbox.status())
                    .isEqualTo(new IntakeStatus("inbox", IntakeState.LIVE, "", 1, 0));
        }
    }

    @Test
    void quarantinesWhatCannotBeUsedAndGoesOn() throws Exception {
        byte[] garbage = "{\"entry_id\":1}".getBytes(UTF_8);
        byte[] lacking = entry().clearAccount().setAmountMsat(0).build().toByteArray();
        try (var inbox =
                started(garbage, lacking, entry().build().toByteArray(), new byte[0], null)) {
            kafka.await(k -> k.committed().size() == 5);
            assertThat(kafka.committed(Topic.BOOKS)).hasSize(1);

            List<ProducerRecord<byte[], byte[]>> bad = kafka.committed(Topic.QUARANTINE);
            assertThat(bad).extracting(ProducerRecord::value).startsWith(garbage, lacking);
            assertThat(bad).extracting(r -> new String(r.key(), UTF_8)).containsOnly("any key");
            assertThat(bad)
                    .extracting(r -> header(r, "tallystick_offset"))
                    .containsExactly("0", "1", "3", "4");
            assertThat(header(bad.getFirst(), "tallystick_topic"))
                    .isEqualTo("tallystick.books-inbox.v1");
            assertThat(header(bad.getFirst(), "tallystick_partition")).isEqualTo("0");
            assertThat(header(bad.getFirst(), "tallystick_reason"))
                    .startsWith("value: not a protobuf message (expected: a BookEntry)");
            assertThat(header(bad.get(1), "tallystick_reason"))
                    .startsWith(
                            "amount_msat: 0 (expected: more than 0); account: empty (expected: ");
            assertThat(inbox.takeNow().get(20, TimeUnit.SECONDS)).isNull();
            assertThat(inbox.status().taken()).isEqualTo(1);
            assertThat(inbox.status().quarantined()).isEqualTo(4);
        }
    }

    @Test
    void holdsEntriesToTheRulesOfTheImport() {
        assertThat(reason(entry().setSource("x".repeat(101)))).startsWith("source: 'xxx");
        assertThat(reason(entry().setEntryId("x".repeat(501))))
                .contains("(expected: at most 500 characters, not 501)");
        assertThat(reason(entry().setOrder("a\0b")))
                .contains("order: a\0b (expected: text without a NUL character)");
        assertThat(reason(entry().setReference("order:" + "x".repeat(495))))
                .contains("(expected: at most 500 characters, not 501)");
        assertThat(reason(entry().setMemo("x".repeat(10_001))))
                .contains("(expected: at most 10000 characters, not 10001)");
        assertThat(reason(entry().setReference("tx:" + HASH)))
                .startsWith("node: empty (expected: the node, as tx:");
        assertThat(reason(entry().setKindValue(99))).startsWith("kind: number 99 (expected: one");
        assertThat(reason(entry().setAmountMsat(-1)))
                .isEqualTo(
                        "amount_msat: 18446744073709551615 (expected: no more msat than there are)");
        assertThat(reason(entry().clearBookedAtNs())).startsWith("booked_at: empty (expected: ");
        assertThat(reason(entry().setValueDate("+12026-11-22")))
                .isEqualTo("value_date: +12026-11-22 (expected: a date like 2026-11-23)");
        assertThat(reason(entry().setFeeLimitMsat(5)))
                .isEqualTo("fee_limit_msat: 5 (expected: empty, as kind is receipt)");
        assertThat(
                        reason(
                                entry().setReference("")
                                        .addReferences(share("payment_hash:" + HASH, 1))
                                        .addReferences(share("payment_hash:" + OTHER, 2))))
                .isEqualTo("references: sum 3 (expected: amount_msat, 21000)");
        var many = entry().setReference("").setAmountMsat(201);
        for (int i = 0; i < 201; i++) {
            many.addReferences(share("order:" + i, 1));
        }
        assertThat(reason(many)).isEqualTo("references: 201 references (expected: at most 200)");
    }

    @Test
    void oneCopyForEachReference() throws Exception {
        // As a field of a message the text of an order may hold anything.
        BookEntry sent =
                entry().setReference("")
                        .addReferences(share("payment_hash:" + HASH, 1_000))
                        .addReferences(share("order:a;b=c", 20_000))
                        .build();

        try (var _ = started(sent.toByteArray())) {
            kafka.await(k -> k.committed().size() == 2);
            assertThat(kafka.committed(Topic.BOOKS, BookEntry.parser()))
                    .allSatisfy(
                            e ->
                                    assertThat(e.getReferencesList())
                                            .isEqualTo(sent.getReferencesList()))
                    .extracting(BookEntry::getReference)
                    .containsExactly("payment_hash:" + HASH, "order:a;b=c");
        }
    }

    @Test
    void handsOnFieldsOfANewerContract() throws Exception {
        var newer =
                UnknownFieldSet.newBuilder()
                        .addField(
                                900,
                                UnknownFieldSet.Field.newBuilder()
                                        .addLengthDelimited(ByteString.copyFromUtf8("new"))
                                        .build())
                        .build();
        BookEntry sent = entry().setNode(NODE).setUnknownFields(newer).build();

        try (var _ = started(sent.toByteArray())) {
            kafka.await(k -> k.committed().size() == 1);
            assertThat(kafka.committed(Topic.BOOKS, BookEntry.parser())).containsExactly(sent);
        }
    }

    @Test
    void cutsWhatWouldNotFitIntoTheQuarantine() throws Exception {
        byte[] large = new byte[1_000_000];

        try (var _ = started(large)) {
            kafka.await(k -> k.committed().size() == 1);
            var bad = kafka.committed(Topic.QUARANTINE).getFirst();
            assertThat(bad.value()).hasSize(768 * 1024);
            assertThat(header(bad, "tallystick_cut"))
                    .isEqualTo("key of 7 bytes, value of 1000000 bytes");
        }
    }

    @Test
    void readsThePositionsAnewAfterAFailure() throws Exception {
        kafka.failCommits(1);
        var records = List.of(entry().build().toByteArray());
        // The broker has not moved the group's position, so the next consumer gets the same record.
        consumers.add(consumer(records));

        try (var inbox = started(records.getFirst())) {
            kafka.await(k -> k.committed().size() == 1);
            assertThat(inbox.takeNow().get(20, TimeUnit.SECONDS)).isNull();
            assertThat(inbox.status().state()).isEqualTo(IntakeState.LIVE);
            assertThat(inbox.status().taken()).isEqualTo(1);
        }
        assertThat(consumers).isEmpty();
    }

    @Test
    void beginsAtTheBeginAndAgainWhereRetentionHasPassed() throws Exception {
        MockConsumer<byte[], byte[]> consumer = consumer(List.of());
        consumer.schedulePollTask(
                () -> {
                    consumer.updateBeginningOffsets(Map.of(partition, 40L));
                    consumer.updateEndOffsets(Map.of(partition, 41L));
                    consumer.addRecord(record(40, entry().build().toByteArray()));
                });
        consumers.add(consumer);

        try (var _ = running()) {
            kafka.await(k -> k.committed(Topic.BOOKS).size() == 1);
        }
    }

    @Test
    void closesWhileKafkaIsAway() throws Exception {
        MockConsumer<byte[], byte[]> consumer = consumer(List.of());
        consumer.setPollException(new KafkaException("no broker"));
        consumers.add(consumer);
        try (var inbox =
                new BooksInbox(
                        kafka,
                        this::nextConsumer,
                        topics,
                        InstantSource.system(),
                        // Longer than anybody waits.
                        new Pauses(Duration.ofHours(1), Duration.ofHours(1)))) {
            inbox.start();
            while (inbox.status().state() != IntakeState.DEGRADED) {
                Thread.onSpinWait();
            }
            assertThat(inbox.status().reason()).isEqualTo("Kafka: no broker");
        }
    }

    private BooksInbox started(byte[] @Nullable ... values) {
        List<byte[]> records = new ArrayList<>(java.util.Arrays.asList(values));
        var first = new ArrayList<Consumer<byte[], byte[]>>(consumers);
        consumers.clear();
        consumers.add(consumer(records));
        consumers.addAll(first);
        return running();
    }

    private BooksInbox running() {
        var inbox =
                new BooksInbox(
                        kafka,
                        this::nextConsumer,
                        topics,
                        InstantSource.fixed(Instant.parse("2026-11-23T00:10:00Z")),
                        new Pauses(Duration.ofMillis(1), Duration.ofMillis(1)));
        inbox.start();
        return inbox;
    }

    private Consumer<byte[], byte[]> nextConsumer() {
        Consumer<byte[], byte[]> next = consumers.poll();
        return next == null ? consumer(List.of()) : next;
    }

    private MockConsumer<byte[], byte[]> consumer(List<byte[]> values) {
        var consumer = new MockConsumer<byte[], byte[]>("none");
        consumer.schedulePollTask(
                () -> {
                    consumer.rebalance(List.of(partition));
                    consumer.updateBeginningOffsets(Map.of(partition, 0L));
                    consumer.updateEndOffsets(Map.of(partition, (long) values.size()));
                    consumer.seek(partition, 0);
                    for (int i = 0; i < values.size(); i++) {
                        consumer.addRecord(record(i, values.get(i)));
                    }
                });
        return consumer;
    }

    private ConsumerRecord<byte[], byte[]> record(long offset, byte @Nullable [] value) {
        return new ConsumerRecord<>(
                partition.topic(), partition.partition(), offset, "any key".getBytes(UTF_8), value);
    }

    private static BookEntry.Builder entry() {
        return BookEntry.newBuilder()
                .setEntryId("e1")
                .setSource("shop")
                .setBookedAtNs(1_795_384_988_524_000_000L)
                .setValueDate("2026-11-22")
                .setKind(EntryKind.ENTRY_KIND_RECEIPT)
                .setReference("payment_hash:" + HASH)
                .setAmountMsat(21_000)
                .setAccount("income:sales")
                .setMemo("a memo");
    }

    private static ReferenceAmount share(String reference, long amountMsat) {
        return ReferenceAmount.newBuilder()
                .setReference(reference)
                .setAmountMsat(amountMsat)
                .build();
    }

    private static String reason(BookEntry.Builder entry) {
        return switch (InboxMessage.read(entry.build().toByteArray())) {
            case InboxMessage.Good good -> "good: " + good.entries();
            case InboxMessage.Bad bad -> bad.reason();
        };
    }

    private static String header(ProducerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null ? "" : new String(header.value(), UTF_8);
    }
}
