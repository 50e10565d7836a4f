package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.at;
import static tallystick.reconcile.Fact.hash;
import static tallystick.reconcile.Fact.settled;

import com.google.protobuf.UnknownFieldSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tallystick.db.write.QuarantineRepository.Redriven;
import tallystick.db.write.QuarantineRepository.Waiting;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.proto.v1.InvoiceRecord;

/// After a fix the stored bytes of quarantined records are applied, once.
class QuarantineIT {
    private final FakeLog log = new FakeLog();
    private final TestLedger ledger = new TestLedger(log);
    private final Quarantine quarantine =
            new Quarantine(ledger.dataSource(), RelayIT.topics(), RuleSet.defaults());

    @AfterEach
    void close() {
        ledger.checkIdentity();
        ledger.close();
    }

    /// Code, node and place of what is open about records that were refused.
    private List<String> refused() {
        return ledger.rows(
                "SELECT concat_ws(' ', code, nullif(left(node, 2), ''), split_part(reference, '~', 1), severity, state)"
                        + " FROM register.mismatch WHERE reference LIKE 'record:%' AND state <> 'CLOSED' ORDER BY 1");
    }

    private int partition(int hash) {
        return RecordKeys.partition(hash(hash), FakeLog.PARTITIONS);
    }

    @Test
    void everyRecordThatIsRefusedIsOpenUntilItIsApplied() {
        byte[] poison = {(byte) 0xff, 1, 2, 0};
        int partition = partition(1);
        log.append(Topic.INVOICES, partition, RecordKeys.bytes(hash(1)), poison);
        log.append(Topic.INVOICES, partition, RecordKeys.bytes(hash(1)), poison);
        log.append(Topic.PAYMENTS, 1 - partition, RecordKeys.bytes(hash(1)), null);
        ledger.applier().apply(log.readAll(), at(10));

        String place = "record:test.%s.v1-%d@%d";
        assertThat(refused())
                .containsExactly(
                        "RECORD_QUARANTINED %s HIGH OPEN"
                                .formatted(place.formatted("invoices", partition, 0)),
                        "RECORD_QUARANTINED %s HIGH OPEN"
                                .formatted(place.formatted("invoices", partition, 1)),
                        "RECORD_QUARANTINED %s HIGH OPEN"
                                .formatted(place.formatted("payments", 1 - partition, 0)));
        assertThat(
                        ledger.rows(
                                "SELECT sentence || ' ' || advice FROM register.mismatch WHERE reference LIKE '%payments%'"))
                .singleElement()
                .asString()
                .contains("payments.v1-%d@0".formatted(1 - partition), "value: none", "redrive");

        quarantine.redrive(at(11));
        assertThat(refused()).as("refused again").hasSize(3);

        ledger.database()
                .execute(
                        "UPDATE ledger.quarantine SET record_value = decode('%s', 'hex') WHERE record_offset = 1"
                                .formatted(Digests.hex(settled(NODE_A, 1, 5_000, 10).value())));
        quarantine.redrive(at(12));
        assertThat(refused())
                .hasSize(2)
                .noneMatch(line -> line.contains("invoices.v1-%d@1".formatted(partition)));
        assertThat(
                        ledger.rows(
                                "SELECT state FROM ledger.item WHERE kind = 'record' ORDER BY state"))
                .containsExactly("IDLE", "OPEN", "OPEN");
    }

    @Test
    void whatIsOpenForDaysIsMoreSevere() {
        log.append(Topic.INVOICES, 0, RecordKeys.bytes(hash(1)), new byte[] {(byte) 0xff});
        ledger.applier().apply(log.readAll(), at(10));

        ledger.applier().decideDue(List.of(0, 1), at(10 + 24 * 60));
        assertThat(refused()).singleElement().asString().endsWith("CRITICAL OPEN");
    }

    @Test
    void aPersonMaySettleIt() {
        log.append(Topic.INVOICES, 0, RecordKeys.bytes(hash(1)), new byte[] {(byte) 0xff});
        ledger.applier().apply(log.readAll(), at(10));
        String reference =
                ledger.rows("SELECT reference FROM register.mismatch WHERE state = 'OPEN'")
                        .getFirst();
        String id =
                ledger.rows("SELECT encode(mismatch_id, 'hex') FROM register.mismatch").getFirst();
        var decision =
                tallystick.proto.v1.Decision.newBuilder()
                        .setDecisionId("d1")
                        .setMismatchId(id)
                        .setKind(tallystick.proto.v1.DecisionKind.DECISION_KIND_RESOLVE)
                        .setPerson("ann")
                        .setReason("a test of the shop")
                        .setReference(reference)
                        .setDecidedAtNs(Times.nanos(at(20)))
                        .build();
        String key = RecordKeys.of(DecisionCodec.itemKey(decision));
        log.append(new Fact(Topic.DECISIONS, key, decision.toByteArray()));
        ledger.applier().apply(log.readAll(), at(20));

        assertThat(ledger.rows("SELECT reason FROM ledger.quarantine")).hasSize(1);
        assertThat(refused()).singleElement().asString().endsWith("RESOLVED");
    }

    @Test
    void namesWhatItDoesNotKnow() throws Exception {
        InvoiceRecord understood = InvoiceRecord.parseFrom(settled(NODE_A, 1, 5_000, 10).value());
        byte[] newState = understood.toBuilder().setStateValue(77).build().toByteArray();
        byte[] newField =
                understood.toBuilder()
                        .setUnknownFields(
                                UnknownFieldSet.newBuilder()
                                        .addField(
                                                900,
                                                UnknownFieldSet.Field.newBuilder()
                                                        .addVarint(1)
                                                        .build())
                                        .build())
                        .build()
                        .toByteArray();
        log.append(Topic.INVOICES, partition(1), RecordKeys.bytes(hash(1)), newState);
        log.append(Topic.INVOICES, partition(1), RecordKeys.bytes(hash(1)), newField);
        ledger.applier().apply(log.readAll(), at(10));

        assertThat(refused()).hasSize(2).allMatch(line -> line.startsWith("SCHEMA_UNKNOWN"));
        assertThat(ledger.rows("SELECT sentence FROM register.mismatch ORDER BY reference"))
                .satisfiesExactly(
                        one -> assertThat(one).contains("state: number 77"),
                        one -> assertThat(one).contains("InvoiceRecord: field [900]"));

        // A program that knows them: these bytes stand for what it would read.
        ledger.database()
                .execute(
                        "UPDATE ledger.quarantine SET record_value = decode('%s', 'hex')"
                                .formatted(Digests.hex(understood.toByteArray())));
        quarantine.redrive(at(11));
        assertThat(refused()).isEmpty();
    }

    @Test
    void whatAnIngestorRefusedIsOpenToo() {
        byte[] bytes = {(byte) 0xff};
        int own = RecordKeys.partition(NODE_A.pubkey(), FakeLog.PARTITIONS);
        byte[] key = RecordKeys.bytes(NODE_A.pubkey());
        log.append(
                Topic.QUARANTINE,
                own,
                key,
                bytes,
                Map.of(
                        "ce_source", "/nodes/" + NODE_A.pubkey(),
                        "ce_time", "2026-03-02T00:03:00Z",
                        "tallystick_reason", "amt_paid_msat: -1 (expected: 0 or more)"));
        log.append(
                Topic.QUARANTINE,
                own,
                key,
                bytes,
                Map.of(
                        "ce_source", "/books-inbox",
                        "tallystick_reason", "amount_msat: empty (expected: whole msat)",
                        "tallystick_topic", "test.books-inbox.v1",
                        "tallystick_partition", "5",
                        "tallystick_offset", "12"));
        log.append(Topic.QUARANTINE, own, key, bytes, Map.of("ce_source", "/ledgers/shop"));
        ledger.applier().apply(log.readAll(), at(10));

        String place = "record:test.quarantine.v1-%d@%d HIGH OPEN";
        assertThat(refused())
                .containsExactly(
                        "RECORD_QUARANTINED 02 " + place.formatted(own, 0),
                        "RECORD_QUARANTINED " + place.formatted(own, 1));
        assertThat(ledger.rows("SELECT sentence FROM register.mismatch ORDER BY reference"))
                .satisfiesExactly(
                        one -> assertThat(one).contains("amt_paid_msat: -1"),
                        one -> assertThat(one).contains("test.books-inbox.v1-5@12: amount_msat"));
        assertThat(ledger.rows("SELECT since FROM register.mismatch WHERE node <> ''"))
                .singleElement()
                .asString()
                .contains(":03:00");
        assertThat(quarantine.redrive(at(11)))
                .extracting(Redriven::reason)
                .allMatch(reason -> reason != null && reason.contains("ingestor"));
        assertThat(refused()).hasSize(2);
    }

    @Test
    void appliesWhatCanBeAppliedNowAndKeepsTheRest() {
        int partition = RecordKeys.partition(hash(1), FakeLog.PARTITIONS);
        byte[] poison = {(byte) 0xff, 1, 2, 0};
        log.append(Topic.INVOICES, partition, RecordKeys.bytes(hash(1)), poison);
        log.append(Topic.INVOICES, partition, RecordKeys.bytes(hash(1)), poison);
        Fact.cover(log, NODE_A, 500);
        ledger.applier().apply(log.readAll(), at(500));
        assertThat(quarantine.waiting(10)).extracting(Waiting::tried).containsExactly(0L, 0L);

        // A fixed program understands the first: its bytes stand for that here.
        byte[] understood = settled(NODE_A, 1, 5_000, 10).value();
        ledger.database()
                .execute(
                        "UPDATE ledger.quarantine SET record_value = decode('%s', 'hex') WHERE record_offset = 0"
                                .formatted(Digests.hex(understood)));
        List<Redriven> redriven = quarantine.redrive(at(501));

        assertThat(redriven).hasSize(2);
        assertThat(redriven.getFirst().reason()).isNull();
        assertThat(redriven.getLast().reason()).contains("not a protobuf message");
        assertThat(ledger.open()).contains("SETTLED_NOT_BOOKED 01 5000");
        assertThat(quarantine.waiting(10)).extracting(Waiting::tried).containsExactly(1L);
        assertThat(
                        ledger.rows(
                                "SELECT cause || ' ' || records FROM ledger.batch ORDER BY sequence"))
                .containsExactly("records 8", "redrive 2");
        assertThat(ledger.number("SELECT count(*) FROM ledger.evidence")).isEqualTo(1);

        assertThat(quarantine.redrive(at(502))).hasSize(1);
        assertThat(ledger.number("SELECT count(*) FROM ledger.evidence")).isEqualTo(1);
        assertThat(ledger.number("SELECT count(*) FROM ledger.redrive")).isEqualTo(3);
    }
}
