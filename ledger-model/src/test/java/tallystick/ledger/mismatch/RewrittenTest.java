package tallystick.ledger.mismatch;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.ledger.Samples.ALICE;
import static tallystick.ledger.Samples.BOB;
import static tallystick.ledger.Samples.failed;
import static tallystick.ledger.Samples.minute;
import static tallystick.ledger.Samples.paid;
import static tallystick.ledger.Samples.settled;

import org.junit.jupiter.api.Test;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Msat;
import tallystick.ledger.Reference;
import tallystick.ledger.item.NodeFacts;

/// A node that tells of one thing in two ways. What was told cannot be taken back, so these stay open until a person decides.
class RewrittenTest {
    private static final long SUM = 50_000_000;

    @Test
    void aSettledPartThatWasToldWithAnotherAmount() {
        Case.of()
                .node(ALICE, settled(SUM, minute(10)))
                .node(ALICE, settled(SUM - 2_000, minute(10)))
                .opensInMinute(10, Code.HISTORY_REWRITTEN, ALICE, 2_000);
        Case.of()
                .node(ALICE, settled(SUM, minute(10)))
                .node(ALICE, settled(SUM, minute(10)))
                .isOnly(Code.SETTLED_NOT_BOOKED);
    }

    @Test
    void aPaidPartThatWasToldWithAnotherTotal() {
        Case.of()
                .node(BOB, paid(SUM, 9, minute(10)))
                .node(BOB, paid(SUM, 5, minute(10)))
                .opensInMinute(10, Code.HISTORY_REWRITTEN, BOB, 4);
    }

    @Test
    void aForwardThatWasToldWithOtherAmounts() {
        NodeFacts.Forward forward =
                new NodeFacts.Forward(1, 2, Msat.of(1_005), Msat.of(1_000), minute(10));
        NodeFacts.Forward other =
                new NodeFacts.Forward(1, 2, Msat.of(1_005), Msat.of(998), minute(10));

        Case.of(ItemKey.of(ALICE, new Reference.Forward("1", "2")))
                .node(other)
                .node(forward)
                .opensInMinute(10, Code.HISTORY_REWRITTEN, ALICE, 2);
    }

    @Test
    void aTryThatFailedAndSucceeded() {
        Case.of()
                .node(BOB, paid(SUM, 0, minute(10)))
                .node(BOB, failed(SUM, minute(30)))
                .opensInMinute(30, Code.TERMINAL_CONTRADICTION, BOB, SUM)
                .isOnly(Code.TERMINAL_CONTRADICTION, Code.SETTLED_NOT_BOOKED);
        Case.of()
                .node(BOB, failed(SUM, minute(5)))
                .node(BOB, paid(SUM, 0, minute(10)))
                .opensInMinute(10, Code.TERMINAL_CONTRADICTION, BOB, SUM);
    }

    @Test
    void aTryAfterOneThatFailedIsNoContradiction() {
        var later = paid(SUM, 0, minute(10));
        var retried =
                new tallystick.ledger.item.Payment(
                        later.state(),
                        minute(8),
                        later.amount(),
                        later.fee(),
                        later.resolvedAt(),
                        later.attempts());

        Case payment = Case.of().node(BOB, failed(SUM, minute(5))).node(BOB, retried);

        payment.isOnly(Code.SETTLED_NOT_BOOKED);
        assertThat(payment.item().payments().values())
                .singleElement()
                .satisfies(one -> assertThat(one.failedTries()).containsKey(minute(0)));
    }
}
