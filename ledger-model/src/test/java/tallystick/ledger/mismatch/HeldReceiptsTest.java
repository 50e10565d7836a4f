package tallystick.ledger.mismatch;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.ledger.Samples.ALICE;
import static tallystick.ledger.Samples.minute;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import tallystick.ledger.Msat;
import tallystick.ledger.Samples;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.item.ReceiptState;

/// Receipts that are held, that came in part, and that ended twice. Stories begin at 09:00; a hold may last a day.
class HeldReceiptsTest {
    private static final long SUM = 50_000_000;

    private static Receipt receipt(ReceiptState state, Receipt.Htlc... parts) {
        TreeMap<Receipt.HtlcKey, Receipt.Htlc> htlcs = new TreeMap<>();
        for (Receipt.Htlc part : parts) {
            htlcs.put(new Receipt.HtlcKey(1, htlcs.size()), part);
        }
        return new Receipt(
                state,
                new Receipt.Terms(minute(0), Duration.ZERO, Msat.of(SUM)),
                Msat.ZERO,
                Optional.empty(),
                Optional.empty(),
                false,
                false,
                0,
                Optional.empty(),
                htlcs);
    }

    private static Receipt.Htlc part(HtlcState state, long amount, long from, long to) {
        return new Receipt.Htlc(
                state,
                Msat.of(amount),
                Msat.of(SUM),
                minute(from).getEpochSecond(),
                state == HtlcState.IN_FLIGHT ? 0 : minute(to).getEpochSecond());
    }

    @Test
    void aHoldThatLastsTooLongOpens() {
        Case held =
                Case.of()
                        .node(
                                ALICE,
                                receipt(
                                        ReceiptState.ACCEPTED,
                                        part(HtlcState.IN_FLIGHT, SUM / 2, 12, 0),
                                        part(HtlcState.IN_FLIGHT, SUM / 2, 10, 0)));
        long due = 10 + Duration.ofDays(1).toMinutes();
        Instant at = minute(due);

        assertThat(Case.codes(held.decide(at.minusNanos(1), due))).isEmpty();
        assertThat(Case.codes(held.decide(at, due - 1))).as("not read so far").isEmpty();
        Finding finding = Case.finding(held.decide(at, due), Code.HOLD_ACCEPTED_TOO_LONG);
        assertThat(finding.since()).isEqualTo(at);
        assertThat(finding.amount().value()).isEqualTo(SUM);
        assertThat(finding.node()).contains(ALICE);

        assertThat(Case.codes(held.node(ALICE, Samples.settled(SUM, minute(20))).decide(at, due)))
                .containsExactly(Code.SETTLED_NOT_BOOKED);
    }

    @Test
    void aHoldOpensWhenTheFirstDeadlineIsNear() {
        Case held =
                Case.of()
                        .node(
                                ALICE,
                                receipt(
                                        ReceiptState.ACCEPTED,
                                        part(SUM / 2, 12, 900),
                                        part(SUM / 2, 10, 910)));
        int near = 900 - 18 + 1;

        assertThat(held.height(near - 1).at(20).findings()).isEmpty();
        assertThat(held.at(20).waitsForHeights()).containsExactly(new Heights.Height(ALICE, near));
        Finding finding = Case.finding(held.height(near).at(20), Code.HOLD_ACCEPTED_TOO_LONG);
        assertThat(finding.since()).isEqualTo(minute(20));
        assertThat(finding.amount().value()).isEqualTo(SUM);
        assertThat(finding.sentence()).contains("block 900");
        assertThat(
                        held.height(near)
                                .node(ALICE, Samples.canceled(SUM, minute(30)))
                                .at(20)
                                .findings())
                .as("canceled")
                .isEmpty();
    }

    @Test
    void aHoldThatBeginsNearItsDeadlineOpensThen() {
        Case held = Case.of().node(ALICE, receipt(ReceiptState.ACCEPTED, part(SUM, 25, 900)));
        Coverage coverage =
                new Coverage(
                        new TreeMap<>(Map.of(ALICE, held.read(30))),
                        (_, _) -> Optional.of(minute(20)));

        Finding finding =
                Case.finding(held.decide(coverage, minute(30)), Code.HOLD_ACCEPTED_TOO_LONG);
        assertThat(finding.since()).isEqualTo(minute(25));
    }

    private static Receipt.Htlc part(long amount, long from, int expiryHeight) {
        return new Receipt.Htlc(
                HtlcState.IN_FLIGHT,
                Msat.of(amount),
                Msat.of(SUM),
                minute(from).getEpochSecond(),
                0,
                expiryHeight);
    }

    @Test
    void partsThatNeverBecameAWholeOpenWhenTheyGoBack() {
        Case.of()
                .node(
                        ALICE,
                        receipt(
                                ReceiptState.OPEN,
                                part(HtlcState.FAILED, 20_000_000, 10, 12),
                                part(HtlcState.FAILED, 10_000_000, 11, 13)))
                .opensInMinute(13, Code.PARTIAL_SET, ALICE, 30_000_000)
                .isOnly(Code.PARTIAL_SET)
                .node(ALICE, Samples.settled(SUM, minute(20)))
                .isOnly(Code.SETTLED_NOT_BOOKED);
    }

    @Test
    void triesOneAfterTheOtherDoNotAddUp() {
        Case.of()
                .node(
                        ALICE,
                        receipt(
                                ReceiptState.OPEN,
                                part(HtlcState.FAILED, 30_000_000, 10, 12),
                                part(HtlcState.FAILED, 30_000_000, 20, 22)))
                .opensInMinute(22, Code.PARTIAL_SET, ALICE, 30_000_000);
    }

    @Test
    void aWholeThatWasGivenBackIsNoPart() {
        Case.of()
                .node(
                        ALICE,
                        receipt(
                                ReceiptState.CANCELED,
                                part(HtlcState.FAILED, 20_000_000, 10, 14),
                                part(HtlcState.FAILED, 30_000_000, 11, 14)))
                .isOnly();
    }

    @Test
    void aReceiptThatEndedTwiceIsNamedThoughItIsBooked() {
        Receipt canceled = Samples.canceled(SUM, minute(30));

        Case.of()
                .node(ALICE, canceled)
                .node(ALICE, Samples.settled(SUM, minute(10)))
                .books(tallystick.ledger.Books.receipt("e1", SUM))
                .opensInMinute(30, Code.TERMINAL_CONTRADICTION, ALICE, SUM)
                .isOnly(Code.TERMINAL_CONTRADICTION);
    }
}
