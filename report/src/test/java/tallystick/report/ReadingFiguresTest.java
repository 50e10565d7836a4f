package tallystick.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tallystick.db.report.LedgerReading;
import tallystick.db.report.LedgerReading.Mismatch;
import tallystick.db.report.LedgerReading.Pair;
import tallystick.ledger.mismatch.Verdict.State;
import tallystick.report.figures.OpenMismatches;
import tallystick.report.figures.OpenMismatches.About;
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

        assertThat(standings.agreed().count()).isEqualTo(206);
        assertThat(standings.of(Standing.OPEN).count()).isEqualTo(34);
        assertThat(standings.total().count()).isEqualTo(205 + 1 + 1 + 34 + 1);
    }

    /// A reader who adds up open references and what is open beside them comes to all that is open.
    @Test
    void openMismatchesAreOfOpenReferencesOrBesideThem() {
        OpenMismatches open = OpenMismatches.of(READING);

        assertThat(open.about(About.REFERENCE).count())
                .isEqualTo(Standings.of(READING).of(Standing.OPEN).count());
        assertThat(open.about(About.NOT_BOOKED).count()).isEqualTo(6);
        assertThat(open.total().count()).isEqualTo(40);
        assertThat(open.total().msat()).isEqualTo(Register.of(READING.mismatches()).amountMsat());
        assertThat(open.inWords())
                .isEqualTo(
                        "40 mismatches are open: 34 of open references, 6 of what nobody booked.");
    }

    /// What is booked after its day was signed may agree with the node all the same.
    @Test
    void whatIsPostedIntoAClosedDayIsOfTheDay() {
        OpenMismatches open =
                OpenMismatches.of(
                        Stream.of(
                                new OpenMismatches.Open(
                                        "POSTED_INTO_CLOSED_DAY",
                                        5,
                                        OptionalLong.empty(),
                                        OptionalLong.of(5))));

        assertThat(open.inWords()).isEqualTo("1 mismatch is open: 1 of nodes, days and records.");
    }

    /// Both references of an order that was paid twice agree: neither is open, and the later one is not matched either.
    @Test
    void anOrderPaidTwiceIsOpenBesideReferencesThatAgree() {
        Mismatch twice = orderPaidTwice();
        LedgerReading reading =
                with(
                        List.of(twice),
                        List.of(
                                agreed(twice.node(), twice.reference()),
                                agreed(twice.node(), "payment_hash:" + "0".repeat(64))));

        assertThat(Standings.of(reading).agreed().count()).isEqualTo(2);
        assertThat(Standings.of(reading).of(Standing.OPEN).count()).isZero();
        assertThat(OpenMismatches.of(reading).about(About.ORDER).count()).isEqualTo(1);
        assertThat(new JsonReport().items(reading)).contains("\"matched\": 1");
        assertThat(new TerminalReport(TerminalStyle.PLAIN).overview(reading))
                .contains("2 of 2 references agree, 1 mismatch is open");
    }

    private static Pair agreed(String node, String reference) {
        return new Pair(node, reference, State.AGREED, 17_021_000, Optional.empty());
    }

    private static Mismatch orderPaidTwice() {
        Mismatch one = READING.mismatches().getFirst();
        return new Mismatch(
                "m-twice",
                "DUPLICATE_PAYMENT_SAME_ORDER",
                "Order paid twice",
                "HIGH",
                one.node(),
                one.reference(),
                17_021_000,
                0,
                one.since(),
                one.explanation(),
                one.advice(),
                one.order(),
                one.account(),
                OptionalLong.of(17_021_000),
                OptionalLong.of(17_021_000),
                one.nodeHalf(),
                one.booksHalf());
    }

    @Test
    void twoMismatchesOfOneReferenceAreOneResidue() {
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

        assertThat(register.residueMsat()).isEqualTo(first.residueMsat());
        assertThat(register.lines().getLast().sharesResidue()).isTrue();
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

        assertThat(OpenMismatches.of(reading).total().msat()).isEqualTo("12600000000000000000");
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
