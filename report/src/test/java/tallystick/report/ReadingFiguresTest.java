package tallystick.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import tallystick.db.report.LedgerReading;
import tallystick.db.report.LedgerReading.Mismatch;
import tallystick.db.report.LedgerReading.Pair;
import tallystick.db.report.LedgerReading.PairState;
import tallystick.report.figures.Proof;
import tallystick.report.figures.Register;
import tallystick.report.figures.Standing;
import tallystick.report.figures.Standings;
import tallystick.report.terminal.TerminalStyle;

class ReadingFiguresTest {
    private static final LedgerReading READING = Readings.with(40);

    @Test
    void standingsLeaveNothingOutAndCountNothingTwice() {
        Standings standings = Standings.of(READING);

        assertThat(standings.matched()).isEqualTo(206);
        assertThat(standings.row(Standing.OPEN).count()).isEqualTo(40);
        assertThat(standings.row(Standing.OPEN).msat())
                .isEqualTo(Register.of(READING.mismatches()).amountMsat());
        assertThat(standings.count()).isEqualTo(205 + 1 + 1 + 40 + 1);
    }

    @Test
    void anEntryUnderTheWrongNodeIsTheSameOpenReference() {
        Mismatch mismatch = READING.mismatches().getFirst();
        String other = mismatch.node().equals(Readings.ALICE) ? Readings.BOB : Readings.ALICE;
        List<Pair> pairs = new ArrayList<>(READING.pairs());
        pairs.add(new Pair(other, mismatch.reference(), PairState.OPEN, 1_000, Optional.empty()));

        assertThat(Standings.of(with(READING.mismatches(), pairs)).row(Standing.OPEN).count())
                .isEqualTo(40);
    }

    @Test
    void twoMismatchesOfOneReferenceAreOneReferenceAndOneResidue() {
        Mismatch first = READING.mismatches().getFirst();
        Mismatch second =
                new Mismatch(
                        "m-second",
                        "FEE_DIFFERS",
                        "Routing fee differs",
                        "MEDIUM",
                        first.node(),
                        first.reference(),
                        5,
                        first.residueMsat(),
                        first.since(),
                        first.explanation(),
                        first.advice(),
                        first.order(),
                        first.account(),
                        first.nodeMsat(),
                        first.booksMsat(),
                        first.nodeHalf(),
                        first.booksHalf());

        Register register = Register.of(List.of(first, second));
        Standings standings = Standings.of(with(List.of(first, second), List.of()));

        assertThat(register.residueMsat()).isEqualTo(first.residueMsat());
        assertThat(register.lines().getLast().sharesResidue()).isTrue();
        assertThat(standings.row(Standing.OPEN).count()).isEqualTo(1);
        assertThat(standings.row(Standing.OPEN).msat()).isEqualTo(first.amountMsat() + 5);
    }

    @Test
    void partsAddUpToTheWhole() {
        Register register = Register.of(READING.mismatches());

        assertThat(register.first(12).residueMsat().add(register.after(12).residueMsat()))
                .isEqualTo(register.residueMsat());
        assertThat(register.after(50).count()).isZero();
    }

    @Test
    void aDriftingChannelIsDriftWithoutATotal() {
        Proof proof = Proof.of(Readings.broken());

        assertThat(proof.result()).isEqualTo(Proof.Result.DRIFT);
        assertThat(proof.lines().getFirst().result()).isEqualTo(Proof.Result.DRIFT);
        assertThat(proof.unexplainedMsat()).isEqualTo(-5);
        assertThat(Proof.of(READING).result()).isEqualTo(Proof.Result.PROVEN);
        assertThat(Proof.of(Readings.empty()).result()).isEqualTo(Proof.Result.NOT_KNOWN);
    }

    @Test
    void whatAddsUpToMoreThanALongHoldsIsReported() {
        long all = 2_100_000_000_000_000_000L;
        List<Mismatch> many =
                IntStream.range(0, 6)
                        .mapToObj(number -> Readings.mismatch("payment_hash:" + number, all))
                        .toList();
        LedgerReading reading = with(many, List.of());

        Standings standings = Standings.of(reading);

        assertThat(standings.msat()).isEqualTo("12600000000000000000");
        assertThat(Register.of(many).residueMsat()).isEqualTo("-12600000000000000000");
        assertThat(new TerminalReport(TerminalStyle.PLAIN).overview(reading))
                .contains("12,600,000,000,000,000.000");
        assertThat(new JsonReport().items(reading)).contains("12600000000000000000");
    }

    private static LedgerReading with(List<Mismatch> mismatches, List<Pair> pairs) {
        return new LedgerReading(
                READING.ledger(),
                READING.asOf(),
                READING.sequence(),
                READING.nodes(),
                mismatches,
                READING.information(),
                pairs,
                READING.notDecidedYet(),
                READING.proofs(),
                READING.clearingMsat(),
                READING.itemsMsat(),
                READING.trialBalanceMsat(),
                READING.counts(),
                READING.businessDays());
    }
}
