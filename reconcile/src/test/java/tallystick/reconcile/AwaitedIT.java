package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_RECEIPT;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_REVERSAL;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.at;
import static tallystick.reconcile.Fact.booked;
import static tallystick.reconcile.Fact.entry;
import static tallystick.reconcile.Fact.settled;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tallystick.db.DatabaseException;

/// What is noted is looked up when its moment comes, unless it is known to wait no more. Where it is pretended that an item
/// is due though it agreed, a look-up decides it.
class AwaitedIT {
    private static final List<Integer> BOTH = List.of(0, 1);
    private static final Instant DUE = at(20);

    private final FakeLog log = new FakeLog();
    private final TestLedger ledger = new TestLedger(log);
    private final BatchApplier applier = ledger.applier();

    @BeforeEach
    void anItemWaitsForItsBooks() {
        log.append(settled(NODE_A, 1, 5_000, 10));
        Fact.cover(log, NODE_A, 500);
        applier.apply(log.readAll(), at(11));
        assertThat(noted()).isEqualTo(1);
    }

    @AfterEach
    void theIdentityHolds() {
        ledger.checkIdentity();
        ledger.close();
    }

    @Test
    void whatAgreedMeanwhileIsDroppedWithoutALookUp() {
        book(applier);
        pretendDue();

        assertThat(applier.decideDue(BOTH, DUE)).isZero();
        assertThat(noted()).isZero();
    }

    @Test
    void anotherWorkerLooksItUp() {
        book(applier);
        pretendDue();

        assertThat(ledger.applier().decideDue(BOTH, DUE)).isEqualTo(1);
    }

    @Test
    void whatAgreedAtAnotherWorkerIsLookedUp() {
        book(ledger.applier());
        pretendDue();

        assertThat(applier.decideDue(BOTH, DUE)).isEqualTo(1);
    }

    @Test
    void nothingIsLearntFromABatchThatIsRolledBack() {
        log.append(booked("e1", ENTRY_KIND_RECEIPT, 1, 5_000, 12));
        Batch batch = log.readAll();
        execute("ALTER TABLE ledger.head RENAME TO away");
        assertThatThrownBy(() -> applier.apply(batch, at(12)))
                .isInstanceOf(DatabaseException.class);
        execute("ALTER TABLE ledger.away RENAME TO head");

        assertThat(applier.decideDue(BOTH, DUE)).isEqualTo(1);
        assertThat(ledger.open()).containsExactly("SETTLED_NOT_BOOKED 01 5000");
    }

    @Test
    void whatWaitsAgainIsLookedUp() {
        book(applier);
        reverse(applier);

        assertThat(applier.decideDue(BOTH, at(60))).isEqualTo(1);
        assertThat(ledger.open()).containsExactly("SETTLED_NOT_BOOKED 01 5000");
    }

    @Test
    void whatWaitsAgainByAnotherWorkerIsLookedUp() {
        book(applier);
        reverse(ledger.applier());

        assertThat(applier.decideDue(BOTH, at(60))).isEqualTo(1);
        assertThat(ledger.open()).containsExactly("SETTLED_NOT_BOOKED 01 5000");
    }

    @Test
    void whatIsNotedForALaterMomentIsLookedUpThen() {
        Instant severer = at(15).plus(java.time.Duration.ofDays(1));
        assertThat(applier.decideDue(BOTH, DUE)).isEqualTo(1);

        assertThat(applier.decideDue(BOTH, severer)).isEqualTo(1);
        assertThat(ledger.rows("SELECT severity FROM register.mismatch"))
                .containsExactly("CRITICAL");
    }

    private void book(BatchApplier by) {
        log.append(booked("e1", ENTRY_KIND_RECEIPT, 1, 5_000, 12));
        by.apply(log.readAll(), at(12));
    }

    private void reverse(BatchApplier by) {
        log.append(booked(entry("e2", ENTRY_KIND_REVERSAL, 1, 5_000, 13).setReverses("e1")));
        by.apply(log.readAll(), at(13));
    }

    private long noted() {
        return ledger.number("SELECT count(*) FROM ledger.due WHERE waits_for = 'MOMENT'");
    }

    private void pretendDue() {
        assertThat(ledger.rows("SELECT state FROM ledger.item WHERE kind = 'payment'"))
                .containsExactly("AGREED");
        execute("UPDATE ledger.item SET due_at = '2000-01-01Z' WHERE kind = 'payment'");
    }

    private void execute(String sql) {
        try (Connection connection = ledger.database().dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
