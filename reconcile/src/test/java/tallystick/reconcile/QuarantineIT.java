package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.at;
import static tallystick.reconcile.Fact.hash;
import static tallystick.reconcile.Fact.settled;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tallystick.db.write.QuarantineRepository.Redriven;
import tallystick.db.write.QuarantineRepository.Waiting;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.mismatch.RuleSet;

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
        assertThat(ledger.open()).containsExactly("SETTLED_NOT_BOOKED 01 5000");
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
