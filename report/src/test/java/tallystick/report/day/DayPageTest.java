package tallystick.report.day;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import tallystick.report.day.DayReport.Bridge;
import tallystick.report.day.DayReport.Facts;
import tallystick.report.day.DayReport.OwnFigures;
import tallystick.report.figures.Amounts;
import tallystick.report.terminal.TerminalStyle;

class DayPageTest {
    private static final DayReport REPORT = SampleReports.with(3);

    /// A reader with a pencil comes from the closing to the node's own figures, line by line.
    @Test
    void closingLessWhatIsNamedIsWhatTheNodeSays() {
        for (Bridge bridge : REPORT.facts().bridges()) {
            BigInteger channels = bridge.closing().channelsMsat();
            BigInteger wallet = bridge.closing().walletMsat();
            List<DayPage.ToTheNode> lines = page(REPORT).toTheNode(bridge);

            for (DayPage.ToTheNode line : lines) {
                if (!line.isSum()) {
                    channels = channels.add(line.channelsMsat().orElseThrow());
                    wallet = wallet.add(line.walletMsat());
                }
            }

            List<DayPage.ToTheNode> sums = lines.stream().filter(DayPage.ToTheNode::isSum).toList();
            assertThat(lines).hasSize(5);
            assertThat(sums.get(0).channelsMsat()).contains(channels);
            assertThat(sums.get(0).walletMsat()).isEqualTo(wallet);
            assertThat(sums.get(2).channelsMsat())
                    .contains(channels.subtract(sums.get(1).channelsMsat().orElseThrow()));
            assertThat(sums.get(2).walletMsat())
                    .isEqualTo(wallet.subtract(sums.get(1).walletMsat()));
        }
    }

    @Test
    void whatIsExactSaysSo() {
        assertThat(page(REPORT).conclusion())
                .endsWith("The balances of every node are proven exactly: residual 0 msat.");
        assertThat(page(REPORT).proofInWords(own(REPORT)))
                .contains(
                        "All channels together: exact, residual 0 msat.",
                        "3 channels within that rounding, 0 not.",
                        "Wallet: exact, residual 0 msat.");
    }

    @Test
    void whatIsExplainedIsNotCalledResidualZero() {
        DayReport report = withOwn(wallet(1_000, "a transaction that is not confirmed"));

        assertThat(page(report).conclusion())
                .doesNotContain("residual 0")
                .endsWith("proven but for what section 2 explains: 1,000 msat of bob's wallet.");
        assertThat(page(report).proofInWords(own(report)))
                .contains(
                        "Wallet: explained, residual 1,000 msat, explained by a transaction that is not confirmed.");
    }

    @Test
    void whatIsOffOrNotKnownSaysSo() {
        assertThat(page(withOwn(wallet(1_000, ""))).conclusion())
                .endsWith("Not every balance is proven, see section 2.");

        DayReport unknown = withOwn(channels(OptionalLong.empty(), 0));
        assertThat(page(unknown).conclusion())
                .endsWith("Not every balance could be told, see section 2.");
        assertThat(page(unknown).proofInWords(own(unknown)))
                .contains("All channels together: not known, as 1 channel could not be told then.");

        // Their sum is right, and two of them are not.
        assertThat(page(withOwn(channels(OptionalLong.of(0), 2))).conclusion())
                .endsWith("Not every balance is proven, see section 2.");
    }

    @Test
    void eachProofIsSaidToBeWhatItIs() {
        assertThat(DayPage.proofsInWords(new DayReport.Proofs("", 8, 1, 0, 2, 4)))
                .isEqualTo(
                        "8 proofs since the report before: 1 exact, 2 exact but for what is explained, 4 in which a channel moved"
                                + " or closed while the node was read, 1 off for a time; drift 0 msat.");
        assertThat(DayPage.proofsInWords(new DayReport.Proofs("", 1, 0, -5_000, 0, 0)))
                .isEqualTo("1 proof since the report before: 0 exact, 1 off; drift −5,000 msat.");
    }

    @Test
    void aNarrowTerminalShowsEveryAmountWhole() {
        String text = new DayText(TerminalStyle.fitting(80, false)).render(REPORT);

        assertThat(text.lines()).allMatch(line -> line.length() <= 80);
        for (Bridge bridge : REPORT.facts().bridges()) {
            assertThat(text)
                    .contains(Amounts.TERMINAL.sat(bridge.closing().totalMsat()))
                    .contains(Amounts.TERMINAL.sat(own(REPORT).channelsNodeMsat().getAsLong()));
        }
        assertThat(text).contains("  Commitment fees, anchors", "  Moved after the reading");
    }

    @Test
    void sentencesCallNodesByTheirNames() {
        assertThat(page(REPORT).sentence("It settled at 02e8ac43…2fd8e1, not at 03b3c398…1088ca."))
                .isEqualTo("It settled at bob, not at alice.");
        assertThat(page(REPORT).sentence("At 02e8ac43…000000.")).isEqualTo("At 02e8ac43…000000.");
    }

    private static DayPage page(DayReport report) {
        return new DayPage(report, List.of(), "", 0);
    }

    private static OwnFigures own(DayReport report) {
        return report.facts().bridges().getFirst().ownFigures().orElseThrow();
    }

    private static OwnFigures wallet(long residual, String explanation) {
        OwnFigures own = own(REPORT);
        return new OwnFigures(
                own.observedAt(),
                own.channelsSinceMsat(),
                own.walletSinceMsat(),
                own.commitmentsMsat(),
                own.channelsLedgerMsat(),
                own.channelsNodeMsat(),
                own.channelsResidualMsat(),
                own.walletLedgerMsat(),
                own.walletNodeMsat() - residual,
                residual,
                explanation,
                3,
                0,
                0);
    }

    private static OwnFigures channels(OptionalLong residual, long beyond) {
        OwnFigures own = own(REPORT);
        return new OwnFigures(
                own.observedAt(),
                own.channelsSinceMsat(),
                own.walletSinceMsat(),
                residual.isPresent() ? own.commitmentsMsat() : residual,
                residual.isPresent() ? own.channelsLedgerMsat() : residual,
                residual.isPresent() ? own.channelsNodeMsat() : residual,
                residual,
                own.walletLedgerMsat(),
                own.walletNodeMsat(),
                0,
                "",
                2,
                beyond,
                residual.isPresent() ? 0 : 1);
    }

    private static DayReport withOwn(OwnFigures own) {
        Facts facts = REPORT.facts();
        Bridge first = facts.bridges().getFirst();
        return SampleReports.of(
                REPORT,
                List.of(
                        new Bridge(
                                first.node(),
                                first.opening(),
                                first.movements(),
                                first.closing(),
                                Optional.of(own)),
                        facts.bridges().getLast()),
                facts.underWay(),
                facts.channels());
    }
}
