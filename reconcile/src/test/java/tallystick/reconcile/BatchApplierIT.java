package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_PAYMENT;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_RECEIPT;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_REVERSAL;
import static tallystick.proto.v1.PaymentState.PAYMENT_STATE_SUCCEEDED;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.NODE_B;
import static tallystick.reconcile.Fact.at;
import static tallystick.reconcile.Fact.booked;
import static tallystick.reconcile.Fact.entry;
import static tallystick.reconcile.Fact.hash;
import static tallystick.reconcile.Fact.paid;
import static tallystick.reconcile.Fact.settled;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tallystick.db.write.RegisterRepository;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.proto.v1.ReferenceAmount;

/// One batch, one transaction: what it leaves in the ledger and the register, and that it does so once.
class BatchApplierIT {
    private static final Instant NOW = at(600);

    private static final String SEVERITIES =
            "SELECT code || ' ' || severity || ' ' || episode FROM register.mismatch";

    private final FakeLog log = new FakeLog();
    private final TestLedger ledger = new TestLedger(log);
    private final BatchApplier applier = ledger.applier();

    @AfterEach
    void theIdentityHolds() {
        ledger.checkIdentity();
        ledger.close();
    }

    @Test
    void appliesABatchOnce() {
        log.append(settled(NODE_A, 1, 5_000, 10));
        Batch batch = log.readAll();
        applier.apply(batch, NOW);
        List<String> after = ledger.dump();

        assertThatThrownBy(() -> applier.apply(batch, NOW))
                .isInstanceOf(LostPositionException.class)
                .hasMessageContaining("moved by another");

        assertThat(ledger.dump()).isEqualTo(after);
        assertThat(ledger.number("SELECT count(*) FROM ledger.batch")).isEqualTo(1);
        assertThat(ledger.number("SELECT count(*) FROM ledger.transfer")).isEqualTo(1);
    }

    @Test
    void mergesARepeatToNothing() {
        log.append(settled(NODE_A, 1, 5_000, 10));
        log.append(booked("e1", ENTRY_KIND_RECEIPT, 1, 5_000, 12));
        applier.apply(log.readAll(), NOW);
        List<String> after = ledger.dump();

        log.append(settled(NODE_A, 1, 5_000, 10));
        log.append(booked("e1", ENTRY_KIND_RECEIPT, 1, 5_000, 12));
        applier.apply(log.readAll(), NOW);

        assertThat(ledger.dump()).isEqualTo(after);
        assertThat(ledger.number("SELECT count(*) FROM ledger.evidence")).isEqualTo(2);
        assertThat(ledger.number("SELECT count(*) FROM ledger.transfer")).isEqualTo(2);
    }

    @Test
    void ageAloneRaisesTheSeverity() {
        log.append(settled(NODE_A, 1, 5_000, 10));
        Fact.cover(log, NODE_A, 20);
        Instant due = at(15);

        applier.apply(log.readAll(), due);
        assertThat(ledger.rows(SEVERITIES)).containsExactly("SETTLED_NOT_BOOKED HIGH 1");

        ledger.settle(due.plus(Duration.ofDays(1)).minusNanos(1_000));
        assertThat(ledger.rows(SEVERITIES)).containsExactly("SETTLED_NOT_BOOKED HIGH 1");

        ledger.settle(due.plus(Duration.ofDays(1)));
        assertThat(ledger.rows(SEVERITIES)).containsExactly("SETTLED_NOT_BOOKED CRITICAL 1");
        assertThat(ledger.rows("SELECT cause FROM register.change ORDER BY batch_id"))
                .containsExactly("evidence", "due");
        assertThat(ledger.number("SELECT count(*) FROM ledger.item WHERE due_at IS NOT NULL"))
                .isZero();
    }

    @Test
    void quarantinesPoisonWithBytesAndReasonAndGoesOn() {
        int partition = RecordKeys.partition(hash(1), FakeLog.PARTITIONS);
        byte[] poison = {(byte) 0xff, 1, 2, 0};
        log.append(Topic.INVOICES, partition, RecordKeys.bytes(hash(1)), poison);
        log.append(Topic.INVOICES, partition, RecordKeys.bytes(hash(1)), null);
        log.append(Topic.BOOKS, partition, null, booked("e", ENTRY_KIND_RECEIPT, 1, 1, 1).value());
        log.append(
                Topic.BOOKS,
                partition,
                RecordKeys.bytes("\0odd"),
                booked("e", ENTRY_KIND_RECEIPT, 1, 1, 1).value());
        log.append(settled(NODE_A, 1, 5_000, 10), 1 - partition);
        log.append(settled(NODE_A, 1, 5_000, 10));

        applier.apply(log.readAll(), NOW);

        assertThat(
                        ledger.rows(
                                "SELECT reason FROM ledger.quarantine ORDER BY topic, partition_number"
                                        + " = %d DESC, record_offset".formatted(partition)))
                .satisfiesExactly(
                        reason -> assertThat(reason).startsWith("key: none (expected: "),
                        reason -> assertThat(reason).startsWith("key: \uFFFDodd (expected: "),
                        reason -> assertThat(reason).contains("not a protobuf message"),
                        reason -> assertThat(reason).contains("value: none"),
                        reason -> assertThat(reason).startsWith("partition: "));
        assertThat(
                        ledger.rows(
                                "SELECT encode(record_value, 'hex') FROM ledger.quarantine"
                                        + " WHERE reason LIKE '%protobuf%'"))
                .containsExactly("ff010200");
        assertThat(
                        ledger.number(
                                "SELECT count(*) FROM ledger.item WHERE kind NOT IN ('record', 'node')"))
                .isEqualTo(1);
    }

    @Test
    void quarantinesWhatCouldNotBeStored() {
        log.append(booked(entry("e1", ENTRY_KIND_RECEIPT, 1, 1, 1).setAccount("a\0b")));
        log.append(booked(entry("e2", ENTRY_KIND_RECEIPT, 1, 1, 1).setOrder("o".repeat(5_000))));
        log.append(booked(entry("e3", ENTRY_KIND_RECEIPT, 1, 1, 1).setValueDate("tomorrow")));
        log.append(booked(entry("e4", ENTRY_KIND_RECEIPT, 1, 1, 1).setBookedAtNs(Long.MAX_VALUE)));
        log.append(booked("e5", ENTRY_KIND_RECEIPT, 1, 7, 1));

        applier.apply(log.readAll(), NOW);

        assertThat(ledger.number("SELECT count(*) FROM ledger.quarantine")).isEqualTo(4);
        assertThat(ledger.number("SELECT count(*) FROM ledger.evidence")).isEqualTo(1);
    }

    @Test
    void quarantinesAmountsThatTogetherCannotBe() {
        long supply = 21_000_000L * 100_000_000L * 1_000L;
        log.append(settled(NODE_A, 1, 5_000, 10));
        applier.apply(log.readAll(), NOW);
        log.append(booked("e1", ENTRY_KIND_RECEIPT, 1, supply, 11));
        log.append(booked("e2", ENTRY_KIND_RECEIPT, 1, supply, 11));
        log.append(booked("e3", ENTRY_KIND_RECEIPT, 1, supply, 11));
        log.append(booked("e4", ENTRY_KIND_RECEIPT, 1, supply, 11));
        log.append(booked("e5", ENTRY_KIND_RECEIPT, 1, supply, 11));
        log.append(booked("e6", ENTRY_KIND_RECEIPT, 2, 7, 11));

        applier.apply(log.readAll(), NOW);

        assertThat(ledger.number("SELECT count(*) FROM ledger.quarantine")).isEqualTo(5);
        assertThat(
                        ledger.number(
                                "SELECT count(*) FROM ledger.item WHERE kind NOT IN ('record', 'node')"))
                .isEqualTo(2);
    }

    @Test
    void appliesCoverageOnlyWhenAllThatItCoversIsApplied() {
        log.append(booked("e1", ENTRY_KIND_RECEIPT, 1, 5_000, 10));
        log.append(settled(NODE_A, 2, 9_000, 10)); // In some other item; coverage names its offset.
        log.appendMarkers();
        Fact.cover(log, NODE_A, 500);
        Batch all = log.readAll();
        Map<TopicPartition, Long> beforeMarkers = new HashMap<>(all.from());
        all.records()
                .forEach(
                        record ->
                                beforeMarkers.put(
                                        new TopicPartition(record.topic(), record.partition()),
                                        record.offset() + 1));
        applier.apply(new Batch(all.records(), all.partitions(), all.from(), beforeMarkers), NOW);

        assertThat(ledger.open()).isEmpty();
        assertThat(ledger.number("SELECT count(*) FROM ledger.coverage_pending")).isEqualTo(6);

        Batch markers = new Batch(List.of(), all.partitions(), beforeMarkers, all.to());
        assertThat(markers.movesNothing()).isFalse();
        applier.apply(markers, NOW);

        assertThat(ledger.open()).contains("BOOKED_NOT_ON_NODE 01 5000");
        assertThat(ledger.number("SELECT count(*) FROM ledger.coverage_pending")).isZero();
    }

    @Test
    void asksAgainWhatIsMissingEverywhereWhenANodeJoins() {
        log.append(booked("e1", ENTRY_KIND_RECEIPT, 1, 5_000, 10));
        Fact.cover(log, NODE_A, 500);
        applier.apply(log.readAll(), NOW);
        assertThat(ledger.open()).containsExactly("BOOKED_NOT_ON_NODE 01 5000");

        Fact.cover(log, NODE_B, 5);
        applier.apply(log.readAll(), NOW);
        assertThat(ledger.open()).isEmpty();

        Fact.cover(log, NODE_B, 500);
        applier.apply(log.readAll(), NOW);
        assertThat(ledger.open()).containsExactly("BOOKED_NOT_ON_NODE 01 5000");
    }

    /// As many as one transaction may decide come with the coverage itself; whoever holds the partitions next finds the rest.
    @Test
    void leavesToSweepsWhatCoverageReleasesBeyondABatch() {
        int many = 80; // In as many minutes, each of which is noted apart.
        for (int i = 1; i <= many; i++) {
            log.append(booked("e" + i, ENTRY_KIND_RECEIPT, i, 5_000, i));
        }
        applier.apply(log.readAll(), NOW);
        assertThat(ledger.open()).isEmpty();

        Fact.cover(log, NODE_A, 500);
        applier.apply(log.readAll(), NOW);
        assertThat(ledger.open()).hasSizeBetween(1, many - 1);

        BatchApplier next = ledger.applier();
        assertThat(next.sweep(List.of(0, 1), NOW).mayBeMore()).isTrue();
        while (next.sweep(List.of(0, 1), NOW).mayBeMore()) {
            // Decided above.
        }
        assertThat(ledger.open()).hasSize(many);
        assertThat(next.sweep(List.of(0, 1), NOW).decided()).isZero();
        assertThat(applier.decideDue(List.of(0, 1), NOW)).isZero();
        ledger.checkIdentity();
    }

    @Test
    void opensWhenDueClosesWithEvidenceAndCountsEpisodes() {
        log.append(settled(NODE_A, 1, 5_000, 10));
        Fact.cover(log, NODE_A, 500);
        applier.apply(log.readAll(), at(11));
        assertThat(ledger.open()).isEmpty();

        assertThat(applier.decideDue(List.of(0, 1), at(20))).isEqualTo(1);
        assertThat(applier.decideDue(List.of(0, 1), at(20))).isZero();
        assertThat(ledger.open()).containsExactly("SETTLED_NOT_BOOKED 01 5000");

        log.append(booked("e1", ENTRY_KIND_RECEIPT, 1, 5_000, 21));
        applier.apply(log.readAll(), at(21));
        assertThat(ledger.open()).isEmpty();

        log.append(booked(entry("e2", ENTRY_KIND_REVERSAL, 1, 5_000, 22).setReverses("e1")));
        applier.apply(log.readAll(), at(22));
        ledger.settle(at(60));

        assertThat(ledger.open()).containsExactly("SETTLED_NOT_BOOKED 01 5000");
        assertThat(ledger.rows("SELECT episode FROM register.mismatch")).containsExactly("2");
        assertThat(changes()).containsExactly("OPEN 1", "CLOSED 1", "OPEN 2");
    }

    @Test
    void correctsByFurtherTransfersOnly() {
        log.append(settled(NODE_A, 1, 5_000, 10));
        applier.apply(log.readAll(), NOW);
        log.append(settled(NODE_A, 1, 8_000, 12)); // It grew.
        applier.apply(log.readAll(), NOW);

        assertThat(
                        ledger.number(
                                "SELECT credit_msat - debit_msat FROM ledger.account_balance WHERE name = 'clearing'"))
                .isEqualTo(
                        ledger.number("SELECT residue_msat FROM ledger.item WHERE kind <> 'node'"));
        assertThat(
                        ledger.rows(
                                "SELECT amount_msat FROM ledger.transfer ORDER BY batch_id, ordinal"))
                .startsWith("5000")
                .hasSizeGreaterThan(1);
    }

    @Test
    void namesTheLaterPaymentOfAnOrder() {
        for (int i = 1; i <= 2; i++) {
            log.append(paid(NODE_A, i, 5_000, 0, 10, PAYMENT_STATE_SUCCEEDED));
            log.append(booked(entry("e" + i, ENTRY_KIND_PAYMENT, i, 5_000, 10 + i).setOrder("7")));
        }
        Fact.cover(log, NODE_A, 500);
        applier.apply(log.readAll(), NOW);
        ledger.settle(NOW);
        assertThat(ledger.open()).containsExactly("DUPLICATE_PAYMENT_SAME_ORDER 02 5000");

        log.append(booked(entry("r", ENTRY_KIND_REVERSAL, 1, 5_000, 30).setReverses("e1")));
        applier.apply(log.readAll(), NOW);
        ledger.settle(NOW);

        assertThat(ledger.open()).containsExactly("SETTLED_NOT_BOOKED 01 5000");
        assertThat(ledger.number("SELECT count(*) FROM ledger.dirty_group")).isZero();
    }

    @Test
    void splitsAnEntryOverItsReferencesAndTakesAllOfItBack() {
        log.append(settled(NODE_A, 1, 5_000, 10));
        log.append(settled(NODE_A, 2, 7_000, 10));
        log.append(part("e1", ENTRY_KIND_RECEIPT, 1, 5_000));
        log.append(part("e1", ENTRY_KIND_RECEIPT, 2, 7_000));
        log.append(part("e1", ENTRY_KIND_RECEIPT, 2, 7_000)); // A repeat.
        Fact.cover(log, NODE_A, 500);
        applier.apply(log.readAll(), NOW);
        assertThat(ledger.open()).isEmpty();
        assertThat(ledger.rows("SELECT DISTINCT state FROM ledger.item WHERE kind <> 'node'"))
                .containsExactly("AGREED");

        log.append(part("r1", ENTRY_KIND_REVERSAL, 1, 5_000));
        log.append(part("r1", ENTRY_KIND_REVERSAL, 2, 7_000));
        applier.apply(log.readAll(), NOW);

        assertThat(ledger.open())
                .containsExactly("SETTLED_NOT_BOOKED 01 5000", "SETTLED_NOT_BOOKED 02 7000");
    }

    /// The copy under one reference of an entry that settles two.
    private static Fact part(String id, tallystick.proto.v1.EntryKind kind, int number, long msat) {
        return booked(
                entry(id, kind, number, msat, 20)
                        .setReverses(kind == ENTRY_KIND_REVERSAL ? "e1" : "")
                        .addReferences(share(1, 5_000))
                        .addReferences(share(2, 7_000)));
    }

    private static ReferenceAmount share(int number, long msat) {
        return ReferenceAmount.newBuilder()
                .setReference("payment_hash:" + hash(number))
                .setAmountMsat(msat)
                .build();
    }

    @Test
    void letsOneOfTwoWorkersWin() throws Exception {
        for (int i = 0; i < 50; i++) {
            log.append(settled(NODE_A, i, 5_000, 10));
        }
        Batch batch = log.readAll();
        CyclicBarrier start = new CyclicBarrier(2);
        Callable<Boolean> worker =
                () -> {
                    BatchApplier own = ledger.applier();
                    start.await();
                    try {
                        own.apply(batch, NOW);
                        return true;
                    } catch (LostPositionException e) {
                        return false;
                    }
                };

        try (var threads = Executors.newFixedThreadPool(2)) {
            var first = threads.submit(worker);
            var second = threads.submit(worker);
            assertThat(List.of(first.get(), second.get())).containsExactlyInAnyOrder(true, false);
        }

        assertThat(ledger.number("SELECT count(*) FROM ledger.transfer")).isEqualTo(50);
        assertThat(ledger.number("SELECT count(*) FROM ledger.batch")).isEqualTo(1);
    }

    @Test
    void refusesARecordWhosePartitionIsNotOurs() {
        ConsumerRecord<byte[], byte[]> record = log.append(settled(NODE_A, 1, 5_000, 10));

        assertThatThrownBy(() -> new Batch(List.of(record), Set.of(0), Map.of(), Map.of()))
                .hasMessageContaining("a partition that is not ours");
    }

    private List<String> changes() {
        return ledger.transactions()
                .read(
                        connection ->
                                new RegisterRepository()
                                        .changesAfter(connection, 0, -1, 100).stream()
                                                .map(
                                                        change ->
                                                                MismatchMessages.parse(
                                                                        change.after()))
                                                .map(
                                                        after ->
                                                                after.getState()
                                                                                .name()
                                                                                .substring(
                                                                                        "MISMATCH_STATE_"
                                                                                                .length())
                                                                        + " "
                                                                        + after.getEpisode())
                                                .toList());
    }
}
