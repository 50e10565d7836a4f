package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_REVERSAL;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.NODE_B;
import static tallystick.reconcile.Fact.at;
import static tallystick.reconcile.Fact.booked;
import static tallystick.reconcile.Fact.forward;
import static tallystick.reconcile.Fact.forwarded;
import static tallystick.reconcile.Fact.forwardsOf;
import static tallystick.reconcile.Fact.income;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A day's forwards: a group whose entry takes over what its forwards leave on clearing, in items of several partitions.
class ForwardsIT {
    private static final Instant BEFORE = at(1_444);
    private static final Instant DUE = at(1_445);

    private final FakeLog log = new FakeLog();
    private final TestLedger ledger = new TestLedger(log);
    private final BatchApplier applier = ledger.applier();

    @AfterEach
    void theIdentityHolds() {
        ledger.checkIdentity();
        ledger.close();
    }

    private void apply(Instant now) {
        applier.apply(log.readAll(), now);
        ledger.checkIdentity();
        ledger.settle(now);
    }

    private List<String> residues() {
        return ledger.rows(
                "SELECT kind || ' ' || state || ' ' || residue_msat FROM ledger.item WHERE kind <> 'node' ORDER BY kind, key_text");
    }

    private long allocated() {
        return ledger.number(
                "SELECT COALESCE(sum(amount_msat), 0) FROM ledger.transfer WHERE counter_item_key IS NOT NULL");
    }

    @Test
    void waitForTheEndOfTheDay() {
        log.append(forwarded(NODE_A, 1, 100, 10));
        log.append(forwarded(NODE_A, 2, 23, 11));
        apply(BEFORE);

        assertThat(ledger.open()).isEmpty();
        assertThat(residues()).containsExactly("forward WAITING 100", "forward WAITING 23");

        ledger.settle(DUE);

        assertThat(ledger.open())
                .containsExactly("FORWARD_FEE_NOT_BOOKED :1 100", "FORWARD_FEE_NOT_BOOKED :2 23");
        assertThat(residues()).containsExactly("forward OPEN 100", "forward OPEN 23");
        assertThat(ledger.rows("SELECT since FROM register.mismatch"))
                .containsOnly(ledger.rows("SELECT '%s'::timestamptz".formatted(DUE)).getFirst());
    }

    @Test
    void aDaysEntryTakesOverAndGivesBack() {
        for (int htlc = 1; htlc <= 5; htlc++) {
            log.append(forwarded(NODE_A, htlc, 100, 10));
        }
        apply(DUE);
        assertThat(ledger.open()).hasSize(5);

        log.append(booked(income("e1", NODE_A, forwardsOf(NODE_A), 500, 100)));
        apply(DUE);

        assertThat(ledger.open()).isEmpty();
        assertThat(residues()).hasSize(6).allMatch(row -> row.endsWith("AGREED 0"));
        assertThat(allocated()).isEqualTo(500);

        log.append(
                booked(
                        income("r1", NODE_A, forwardsOf(NODE_A), 500, 101)
                                .setKind(ENTRY_KIND_REVERSAL)
                                .setReverses("e1")));
        apply(DUE);

        assertThat(ledger.open()).hasSize(5).allMatch(one -> one.startsWith("FORWARD_FEE"));
        assertThat(ledger.rows("SELECT DISTINCT episode FROM register.mismatch"))
                .containsExactly("2");
        assertThat(allocated()).as("there and back").isEqualTo(1_000);
    }

    @Test
    void anEntryOfItsOwnTakesAForwardOutOfItsDay() {
        log.append(forwarded(NODE_A, 1, 100, 10));
        log.append(forwarded(NODE_A, 2, 23, 11));
        log.append(booked(income("e1", NODE_A, forwardsOf(NODE_A), 123, 100)));
        Fact.cover(log, NODE_A, 1_440);
        apply(DUE);
        assertThat(ledger.open()).isEmpty();

        log.append(booked(income("e2", NODE_A, forward(2), 23, 100)));
        apply(DUE);

        assertThat(ledger.open())
                .hasSize(1)
                .allMatch(one -> one.startsWith("AMOUNT_DIFFERS") && one.endsWith(" 23"));
        assertThat(ledger.rows("SELECT severity FROM register.mismatch WHERE state = 'OPEN'"))
                .containsExactly("MEDIUM");
        assertThat(residues())
                .containsExactly(
                        "forward AGREED 0", "forward AGREED 0", "forwards of a day OPEN -23");
    }

    @Test
    void aDaysEntryIsNamedOnlyWhenAllPartitionsAreRead() {
        log.append(forwarded(NODE_A, 1, 100, 10));
        log.append(booked(income("e1", NODE_A, forwardsOf(NODE_A), 150, 100)));
        apply(DUE);
        assertThat(ledger.open()).isEmpty();

        Fact.cover(log, NODE_A, 1_439);
        apply(DUE);
        assertThat(ledger.open()).isEmpty();

        log.append(forwarded(NODE_A, 2, 30, 1_439));
        Fact.cover(log, NODE_A, 1_440);
        apply(DUE);

        assertThat(ledger.open())
                .hasSize(1)
                .allMatch(one -> one.startsWith("AMOUNT_DIFFERS") && one.endsWith(" 20"));
        assertThat(ledger.number("SELECT count(*) FROM ledger.dirty_group")).isZero();
    }

    @Test
    void forwardsThatComeLateAreTakenOverToo() {
        log.append(booked(income("e1", NODE_A, forwardsOf(NODE_A), 150, 100)));
        log.append(forwarded(NODE_A, 1, 100, 10));
        Fact.cover(log, NODE_A, 1_440);
        apply(DUE);
        assertThat(ledger.open()).hasSize(1);

        log.append(forwarded(NODE_A, 2, 50, 12));
        apply(DUE);

        assertThat(ledger.open()).isEmpty();
    }

    @Test
    void aForwardThatTheNodeDoesNotHave() {
        log.append(booked(income("e1", NODE_A, forward(7), 500, 100)));
        log.append(forwarded(NODE_B, 7, 500, 10));
        log.append(booked(income("e2", NODE_B, forward(7), 500, 100)));
        Fact.cover(log, NODE_A, 99);
        Fact.cover(log, NODE_B, 200);
        apply(at(300));
        assertThat(ledger.open()).isEmpty();

        Fact.cover(log, NODE_A, 100);
        apply(at(300));

        assertThat(ledger.open()).containsExactly("BOOKED_NOT_ON_NODE :7 500");
    }
}
