package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.proto.v1.PaymentState.PAYMENT_STATE_SUCCEEDED;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.at;
import static tallystick.reconcile.Fact.held;
import static tallystick.reconcile.Fact.paid;
import static tallystick.reconcile.Fact.underWay;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What opens when a node has seen a block opens by the block that was seen first, whenever that became known.
class HeightsIT {
    private final FakeLog log = new FakeLog();
    private final TestLedger ledger = new TestLedger(log);

    @AfterEach
    void close() {
        ledger.checkIdentity();
        ledger.close();
    }

    private void apply(int minute) {
        ledger.applier().apply(log.readAll(), at(minute));
    }

    /// Code, reference, amount, and the minute since when it is open.
    private List<String> open() {
        return ledger.rows(
                "SELECT concat_ws(' ', code, right(reference, 2), amount_msat, extract(epoch FROM since - '%s')::bigint / 60)"
                                .formatted(Fact.DAY)
                        + " FROM register.mismatch WHERE state = 'OPEN' ORDER BY 1");
    }

    @Test
    void aBlockThatIsSeenDecidesWhatWaitsForIt() {
        log.append(underWay(NODE_A, 1, 5_000, 10, 800));
        log.append(held(NODE_A, 2, 7_000, 10, 820));
        Fact.cover(log, NODE_A, 15, 800, 0);
        apply(15);
        assertThat(open()).isEmpty();

        // 801 is past the expiry of the payment; of the receipt, 19 blocks are left.
        Fact.cover(log, NODE_A, 20, 801, 0);
        apply(20);
        assertThat(open()).containsExactly("STUCK_IN_FLIGHT 01 5000 20");

        Fact.cover(log, NODE_A, 30, 805, 0);
        apply(30);
        assertThat(open())
                .containsExactly("HOLD_ACCEPTED_TOO_LONG 02 7000 30", "STUCK_IN_FLIGHT 01 5000 20");

        log.append(paid(NODE_A, 1, 5_000, 0, 31, PAYMENT_STATE_SUCCEEDED));
        Fact.cover(log, NODE_A, 32, 806, 0);
        apply(32);
        assertThat(open()).containsExactly("HOLD_ACCEPTED_TOO_LONG 02 7000 30");
        assertThat(ledger.number("SELECT sum(cardinality(item_keys)) FROM ledger.height_due"))
                .as("keys of what still waits")
                .isEqualTo(1);
    }

    @Test
    void whatBecomesKnownLaterIsOpenSinceTheBlockThatWasSeenFirst() {
        Fact.cover(log, NODE_A, 20, 801, 0);
        Fact.cover(log, NODE_A, 30, 803, 0);
        Fact.cover(log, NODE_A, 40, 804, 0);
        apply(40);
        log.append(underWay(NODE_A, 1, 5_000, 10, 800));
        log.append(underWay(NODE_A, 2, 5_000, 10, 801));
        apply(41);

        assertThat(open())
                .containsExactly("STUCK_IN_FLIGHT 01 5000 20", "STUCK_IN_FLIGHT 02 5000 30");
    }

    @Test
    void aBlockThatTurnsOutToHaveBeenSeenSoonerMovesTheMoment() {
        log.append(underWay(NODE_A, 1, 5_000, 10, 800));
        Fact.cover(log, NODE_A, 20, 801, 1); // waits for a record more
        Fact.cover(log, NODE_A, 30, 802, 0);
        apply(30);
        assertThat(open()).containsExactly("STUCK_IN_FLIGHT 01 5000 30");

        for (int hash = 2; hash < 30; hash++) {
            log.append(paid(NODE_A, hash, 9_000, 0, 25, PAYMENT_STATE_SUCCEEDED));
            log.append(Fact.settled(NODE_A, 100 + hash, 9_000, 25));
            log.append(Fact.forwarded(NODE_A, hash, 0, 25));
        }
        apply(31);
        assertThat(open()).contains("STUCK_IN_FLIGHT 01 5000 20");
    }

    @Test
    void aHeightThatIsSeenAgainIsKeptOnce() {
        for (int minute = 10; minute < 100; minute += 5) {
            Fact.cover(log, NODE_A, minute, 700 + minute / 10, 0);
            apply(minute);
        }

        assertThat(
                        ledger.number(
                                "SELECT count(*) FROM ledger.height_seen WHERE partition_number = 0"))
                .isEqualTo(9);
    }
}
