package tallystick.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_RECEIPT;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.at;
import static tallystick.reconcile.Fact.booked;
import static tallystick.reconcile.Fact.settled;

import com.google.protobuf.InvalidProtocolBufferException;
import java.math.BigInteger;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tallystick.db.report.IssuedReports;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.kafka.TopicSettings;
import tallystick.proto.v1.LedgerHead;
import tallystick.proto.v1.MismatchChange;
import tallystick.proto.v1.ReportIssued;

/// The outbox reaches Kafka in order and once.
class RelayIT {
    private final FakeLog log = new FakeLog();
    private final TestLedger ledger = new TestLedger(log);
    private final FakeKafka kafka = new FakeKafka();
    private final Relay relay = relay();

    @AfterEach
    void close() {
        relay.close();
        ledger.close();
    }

    @Test
    void publishesChangesInOrderWithATombstoneOnClosing() throws Exception {
        log.append(settled(NODE_A, 1, 5_000, 10));
        Fact.cover(log, NODE_A, 500);
        ledger.applier().apply(log.readAll(), at(500));
        log.append(booked("e1", ENTRY_KIND_RECEIPT, 1, 5_000, 11));
        ledger.applier().apply(log.readAll(), at(500));

        drain(relay);

        assertThat(sent(Topic.MISMATCHES)).hasSize(2);
        MismatchChange opened = change(0);
        MismatchChange closed = change(1);
        assertThat(opened.hasBefore()).isFalse();
        assertThat(closed.getBefore()).isEqualTo(opened.getAfter());
        assertThat(List.of(opened.getLedgerSequence(), closed.getLedgerSequence()))
                .containsExactly(1L, 2L);
        assertThat(sent(Topic.MISMATCH_STATE))
                .satisfiesExactly(
                        open -> assertThat(open.value()).isNotNull(),
                        gone -> assertThat(gone.value()).isNull());
        assertThat(sent(Topic.MISMATCH_STATE).getFirst().key())
                .isEqualTo(sent(Topic.MISMATCHES).getFirst().key());
    }

    @Test
    void publishesQuarantinedRecordsAsTheyCame() {
        int partition = RecordKeys.partition(Fact.hash(1), FakeLog.PARTITIONS);
        byte[] poison = {(byte) 0xff, 1, 2, 0};
        log.append(Topic.INVOICES, partition, RecordKeys.bytes(Fact.hash(1)), poison);
        log.append(Topic.INVOICES, partition, null, null);
        ledger.applier().apply(log.readAll(), at(500));

        drain(relay);

        List<ProducerRecord<byte[], byte[]>> sent = sent(Topic.QUARANTINE);
        assertThat(sent).hasSize(2);
        assertThat(sent.getFirst().key()).isEqualTo(RecordKeys.bytes(Fact.hash(1)));
        assertThat(sent.getFirst().value()).isEqualTo(poison);
        assertThat(header(sent.getFirst(), "tallystick_topic"))
                .isEqualTo(FakeLog.name(Topic.INVOICES));
        assertThat(header(sent.getFirst(), "tallystick_partition"))
                .isEqualTo(Integer.toString(partition));
        assertThat(header(sent.getFirst(), "tallystick_offset")).isEqualTo("0");
        assertThat(header(sent.getFirst(), "tallystick_reason")).contains("not a protobuf");
        assertThat(sent.getLast().value()).isNull();
    }

    @Test
    void goesOnAfterTheLastPlaceAfterARestart() {
        log.append(settled(NODE_A, 1, 5_000, 10));
        log.append(Topic.INVOICES, 0, null, null);
        Fact.cover(log, NODE_A, 500);
        ledger.applier().apply(log.readAll(), at(500));
        drain(relay);
        relay.close();
        int before = kafka.committed.size();

        try (Relay next = relay()) {
            drain(next);
            assertThat(kafka.committed).hasSize(before);

            log.append(settled(NODE_A, 2, 7_000, 10));
            log.append(Topic.INVOICES, 0, null, null);
            ledger.applier().apply(log.readAll(), at(500));
            drain(next);
            drain(next);
        }

        assertThat(kafka.committed).hasSize(before + 6);
        assertThat(sent(Topic.MISMATCHES)).as("a receipt and a refused record, twice").hasSize(4);
        assertThat(sent(Topic.QUARANTINE)).hasSize(2);
    }

    @Test
    void publishesNothingTwiceWhenTheCommitFails() {
        log.append(settled(NODE_A, 1, 5_000, 10));
        Fact.cover(log, NODE_A, 500);
        ledger.applier().apply(log.readAll(), at(500));
        drain(relay);
        log.append(settled(NODE_A, 2, 7_000, 10));
        ledger.applier().apply(log.readAll(), at(500));
        kafka.failCommit("gone");

        assertThatThrownBy(relay::drain)
                .isInstanceOf(ReconcileException.class)
                .hasMessageContaining("relay: gone");
        drain(relay);

        assertThat(sent(Topic.MISMATCHES)).hasSize(2);
    }

    @Test
    void goesOnWhereItWasWhenKafkaHasForgottenThePlace() {
        log.append(settled(NODE_A, 1, 5_000, 10));
        Fact.cover(log, NODE_A, 500);
        ledger.applier().apply(log.readAll(), at(500));
        drain(relay);
        relay.close();
        kafka.offsets.clear();

        try (Relay next = relay()) {
            drain(next);
            assertThat(sent(Topic.MISMATCHES)).hasSize(1);

            log.append(settled(NODE_A, 2, 7_000, 10));
            ledger.applier().apply(log.readAll(), at(500));
            drain(next);
        }
        assertThat(sent(Topic.MISMATCHES)).hasSize(2);
    }

    @Test
    void publishesAllAgainToANewKafka() {
        log.append(settled(NODE_A, 1, 5_000, 10));
        Fact.cover(log, NODE_A, 500);
        ledger.applier().apply(log.readAll(), at(500));
        drain(relay);
        relay.close();
        kafka.offsets.clear();
        kafka.committed.clear();

        try (Relay next = relay()) {
            drain(next);
        }
        assertThat(sent(Topic.MISMATCHES)).hasSize(1);
    }

    @Test
    void publishesTheNewestHeadOnce() throws Exception {
        log.append(settled(NODE_A, 1, 5_000, 10));
        ledger.applier().apply(log.readAll(), at(11));
        log.append(settled(NODE_A, 2, 5_000, 10));
        ledger.applier().apply(log.readAll(), at(12));

        drain(relay);
        drain(relay);

        List<ProducerRecord<byte[], byte[]>> sent = sent(Topic.LEDGER_HEADS);
        assertThat(sent).hasSize(1);
        LedgerHead head = LedgerHead.parseFrom(sent.getFirst().value());
        assertThat(head.getSequence()).isEqualTo(2);
        assertThat(HexFormat.of().formatHex(head.getHash().toByteArray()))
                .isEqualTo(ledger.rows("SELECT encode(hash, 'hex') FROM ledger.head").getFirst());
    }

    @Test
    void tellsEachReportOnceInTheOrderOfIssue() throws Exception {
        log.append(settled(NODE_A, 1, 5_000, 10));
        ledger.applier().apply(log.readAll(), at(11));
        issue("2026-03-03");
        issue("2026-03-02");
        assertThat(issue("2026-03-02")).as("a day has one report").isFalse();
        drain(relay);
        issue("2026-03-04");
        relay.close();
        try (Relay next = relay()) {
            drain(next);
        }

        List<ReportIssued> told = new ArrayList<>();
        for (ProducerRecord<byte[], byte[]> record : sent(Topic.REPORTS)) {
            told.add(ReportIssued.parseFrom(record.value()));
        }
        assertThat(told)
                .extracting(ReportIssued::getReportId)
                .containsExactly("main/2026-03-03/1", "main/2026-03-02/1", "main/2026-03-04/1");
        assertThat(told.getFirst().getAgreedCount()).isEqualTo(7);
        assertThat(told.getFirst().getOpenMsat()).isEqualTo(11);
    }

    private boolean issue(String day) {
        byte[] facts =
                "{\"references\":[{\"state\":\"AGREED\",\"of_the_day\":{\"count\":7}},{\"state\":\"OPEN\",\"of_the_day\":{\"count\":2}}]}"
                        .getBytes(UTF_8);
        byte[] digest = Digests.sha256(new String(facts, UTF_8));
        return ledger.transactions()
                .call(
                        connection ->
                                new IssuedReports()
                                        .add(
                                                connection,
                                                "main",
                                                new IssuedReports.Issued(
                                                        LocalDate.parse(day),
                                                        1,
                                                        0,
                                                        "UTC",
                                                        0,
                                                        false,
                                                        1,
                                                        BigInteger.valueOf(11),
                                                        at(600),
                                                        facts,
                                                        digest,
                                                        facts,
                                                        digest,
                                                        facts,
                                                        digest,
                                                        1,
                                                        Optional.empty())));
    }

    private Relay relay() {
        return new Relay(ledger.transactions(), kafka, topics(), "main", () -> at(500));
    }

    static TopicSettings topics() {
        TopicSettings defaults = TopicSettings.defaults();
        return new TopicSettings(
                "test",
                FakeLog.PARTITIONS,
                defaults.replication(),
                defaults.retention(),
                defaults.longRetention(),
                defaults.longestRetention());
    }

    private void drain(Relay one) {
        one.drain();
        kafka.take();
    }

    private List<ProducerRecord<byte[], byte[]>> sent(Topic topic) {
        return kafka.committed.stream()
                .filter(record -> record.topic().equals(FakeLog.name(topic)))
                .toList();
    }

    private MismatchChange change(int index) throws InvalidProtocolBufferException {
        return MismatchChange.parseFrom(sent(Topic.MISMATCHES).get(index).value());
    }

    private static String header(ProducerRecord<byte[], byte[]> record, String name) {
        return new String(requireNonNull(record.headers().lastHeader(name)).value(), UTF_8);
    }
}
