package tallystick.ledger.day;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.ledger.Samples.ALICE;
import static tallystick.ledger.Samples.BOB;
import static tallystick.ledger.Samples.START;
import static tallystick.ledger.Samples.minute;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tallystick.ledger.Msat;
import tallystick.ledger.Samples;
import tallystick.ledger.account.Postings;
import tallystick.ledger.account.Transfer;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.PaymentState;

class DayFactsTest {
    private static final DayFacts.Stand OPEN = new DayFacts.Stand("OPEN", List.of());
    private static final int FIRST = DayFacts.slot(START);

    @Test
    void aReceiptLiesWhereItSettledAndLeavesItsResidue() {
        Item item = Samples.nothingKnown().with(ALICE, Samples.settled(500, minute(1)));

        assertThat(sums(item))
                .containsOnly(
                        Map.entry(
                                line(
                                        FIRST,
                                        ALICE.pubkey(),
                                        Subject.MOVEMENT,
                                        "received",
                                        "scid:77"),
                                new DayTotals.Sum(1, 500)),
                        Map.entry(
                                line(FIRST, "", Subject.RESIDUE, "OPEN", ""),
                                new DayTotals.Sum(1, 500)));
    }

    @Test
    void aPaymentBetweenOwnNodesIsARebalance() {
        Item item =
                Samples.nothingKnown()
                        .with(ALICE, Samples.settled(500, minute(1)))
                        .with(BOB, Samples.paid(500, 3, minute(1)));

        assertThat(sums(item).keySet())
                .extracting(DayTotals.Line::name)
                .containsExactlyInAnyOrder(
                        "rebalanced in", "rebalanced out", "rebalancing fee", "OPEN");
    }

    @Test
    void whatSpansTheEndOfADayWasInFlightThen() {
        Item begun = Samples.nothingKnown().with(BOB, sending(HtlcState.IN_FLIGHT));
        Item ended = Samples.nothingKnown().with(BOB, sending(HtlcState.FAILED));

        assertThat(inFlight(begun, FIRST + 1)).isEqualTo(1);
        assertThat(inFlight(begun, FIRST + 100)).isEqualTo(1);
        assertThat(inFlight(ended, FIRST + 1)).isEqualTo(1);
        assertThat(inFlight(ended, FIRST + 100)).isZero();
    }

    @Test
    void whatIsTakenBackLeavesNothing() {
        Item item = Samples.nothingKnown().with(BOB, Samples.paid(500, 3, minute(40)));
        DayTotals totals = new DayTotals();

        add(item, totals, 1);
        assertThat(totals.isEmpty()).isFalse();
        add(item, totals, -1);

        assertThat(totals.isEmpty()).isTrue();
    }

    @Test
    void quarterHoursCountBackwardsToo() {
        assertThat(DayFacts.slot(java.time.Instant.parse("1969-12-31T23:59:59Z"))).isEqualTo(-1);
        assertThat(DayFacts.slot(java.time.Instant.MAX)).isEqualTo(Integer.MAX_VALUE - 1);
    }

    /// From the start on, for half an hour where it ended.
    private static Payment sending(HtlcState state) {
        Payment.Attempt attempt =
                new Payment.Attempt(
                        state,
                        88,
                        Msat.of(503),
                        Msat.of(3),
                        START,
                        state == HtlcState.IN_FLIGHT ? Optional.empty() : Optional.of(minute(30)),
                        800_100);
        return new Payment(
                state == HtlcState.IN_FLIGHT ? PaymentState.IN_FLIGHT : PaymentState.FAILED,
                START,
                Msat.of(500),
                Msat.of(3),
                Optional.empty(),
                new TreeMap<>(Map.of(1L, attempt)));
    }

    private static long inFlight(Item item, int beforeSlot) {
        return sums(item).entrySet().stream()
                .filter(one -> one.getKey().subject() == Subject.UNDER_WAY)
                .filter(one -> one.getKey().slot() < beforeSlot)
                .mapToLong(one -> one.getValue().count())
                .sum();
    }

    private static DayTotals.Line line(
            int slot, String node, Subject subject, String name, String place) {
        return new DayTotals.Line(slot, node, subject, name, place);
    }

    private static Map<DayTotals.Line, DayTotals.Sum> sums(Item item) {
        DayTotals totals = new DayTotals();
        add(item, totals, 1);
        return totals.sums();
    }

    private static void add(Item item, DayTotals totals, int sign) {
        Map<String, Transfer> legs = Postings.of(item, 0);
        DayFacts.add(item, OPEN, legs, Postings.residueMsat(legs), Optional.empty(), totals, sign);
    }
}
