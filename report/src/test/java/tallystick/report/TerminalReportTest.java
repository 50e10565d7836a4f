package tallystick.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tallystick.db.report.LedgerReading;
import tallystick.db.report.LedgerReading.Half;
import tallystick.db.report.LedgerReading.Mismatch;
import tallystick.report.figures.Amounts;
import tallystick.report.figures.PlainText;
import tallystick.report.terminal.TerminalStyle;

class TerminalReportTest {
    private static final List<LedgerReading> READINGS =
            List.of(
                    Readings.with(0),
                    Readings.with(40),
                    Readings.hostile(40),
                    Readings.empty(),
                    Readings.broken());

    @ParameterizedTest
    @ValueSource(ints = {0, 40})
    void overviewLooksAsBefore(int mismatches) throws Exception {
        Golden.assertEqual(
                "overview-%d.txt".formatted(mismatches), overview(Readings.with(mismatches)));
    }

    @Test
    void brokenOverviewLooksAsBefore() throws Exception {
        Golden.assertEqual("overview-broken.txt", overview(Readings.broken()));
    }

    /// Two receipts of one order differ in nothing but their hashes.
    @Test
    void halvesCanBeToldApartInANarrowTerminal() {
        Mismatch one = Readings.with(1).mismatches().getFirst();
        List<Half> receipts = new ArrayList<>();
        List<Half> entries = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            Instant at = Instant.parse("2026-11-22T22:53:38.634Z").plusSeconds(i);
            receipts.add(
                    new Half(
                            Readings.ALICE,
                            "settled, payment_hash:" + (i + "123456789abcdef").repeat(4),
                            170_021_000,
                            Optional.of(at)));
            entries.add(new Half("", "entry:merchant-day/e0012" + i, 170_021_000, Optional.of(at)));
        }

        String text =
                new MismatchDetail(TerminalStyle.fitting(80, false))
                        .render(Readings.with(1), with(one, receipts, entries));

        assertThat(text.lines()).allMatch(line -> line.length() <= 80);
        assertThat(text)
                .contains(
                        "alice: settled, 01234567…abcdef",
                        "alice: settled, 11234567…abcdef",
                        "books: merchant-day/e00120",
                        "books: merchant-day/e00121",
                        "2026-11-22 22:53:39Z");
    }

    private static Mismatch with(Mismatch one, List<Half> nodes, List<Half> books) {
        return new Mismatch(
                one.id(),
                one.code(),
                one.label(),
                one.severity(),
                one.node(),
                one.reference(),
                one.amountMsat(),
                one.residueMsat(),
                one.since(),
                one.explanation(),
                one.advice(),
                one.order(),
                one.account(),
                one.nodeMsat(),
                one.booksMsat(),
                nodes,
                books);
    }

    @Test
    void oneMismatchLooksAsBefore() throws Exception {
        StringBuilder text = new StringBuilder();
        for (LedgerReading reading : List.of(Readings.with(3), Readings.hostile(8))) {
            MismatchDetail detail = new MismatchDetail(TerminalStyle.PLAIN);
            reading.mismatches()
                    .forEach(one -> text.append(detail.render(reading, one)).append("\n\n"));
        }

        Golden.assertEqual("mismatch.txt", text.toString());
    }

    private static String overview(LedgerReading reading) {
        return new TerminalReport(TerminalStyle.PLAIN).overview(reading);
    }

    @Test
    void tableLooksAsBefore() throws Exception {
        MismatchTable table = new MismatchTable(TerminalStyle.PLAIN);

        Golden.assertEqual(
                "mismatches-12-of-4000.txt",
                table.render(Readings.with(4_000), MismatchFilter.ALL, 12));
    }

    @Test
    void narrowTableLooksAsBefore() throws Exception {
        MismatchTable table = new MismatchTable(new TerminalStyle(80, false));

        Golden.assertEqual(
                "mismatches-narrow.txt", table.render(Readings.with(40), MismatchFilter.ALL, 100));
    }

    @ParameterizedTest
    @ValueSource(ints = {72, 80, 99, 100, 160})
    void noLineIsLongerThanTheTerminal(int width) {
        TerminalStyle style = new TerminalStyle(width, false);

        for (LedgerReading reading : READINGS) {
            for (String text : everything(reading, style)) {
                assertThat(text.lines())
                        .allSatisfy(
                                line ->
                                        assertThat(PlainText.width(line))
                                                .as(line)
                                                .isLessThanOrEqualTo(width));
                assertThat(text).doesNotContain("\u001b", "\u202e", "\u0007");
            }
        }
    }

    @Test
    void colourChangesNothingButColour() {
        for (LedgerReading reading : READINGS) {
            List<String> plain = everything(reading, new TerminalStyle(100, false));
            List<String> inked = everything(reading, new TerminalStyle(100, true));

            assertThat(inked.stream().map(text -> text.replaceAll("\u001b\\[[0-9]+m", "")))
                    .containsExactlyElementsOf(plain);
        }
        assertThat(everything(Readings.with(40), new TerminalStyle(100, true)))
                .anyMatch(text -> text.contains("\u001b[31m"));
    }

    @Test
    void amountsAreNeverCut() {
        LedgerReading reading = Readings.hostile(40);

        String text =
                new MismatchTable(new TerminalStyle(TerminalStyle.WIDTH_MIN, false))
                        .render(reading, MismatchFilter.ALL, 40);

        for (Mismatch mismatch : reading.mismatches()) {
            assertThat(text).contains(Amounts.TERMINAL.sat(mismatch.amountMsat()));
        }
    }

    @Test
    void listsWhatWaits() {
        LedgerReading reading = Readings.with(40);
        var narrow = new TerminalStyle(TerminalStyle.WIDTH_MIN, false);
        List<LedgerReading.Pair> waiting = MismatchFilter.ALL.waiting(reading);

        assertThat(waiting).hasSize(1);
        assertThat(new WaitingTable(narrow).render(reading, waiting, 25))
                .contains("1 waiting")
                .satisfies(
                        text ->
                                assertThat(text.lines())
                                        .allSatisfy(
                                                line ->
                                                        assertThat(line)
                                                                .hasSizeLessThanOrEqualTo(
                                                                        TerminalStyle.WIDTH_MIN)));
        assertThat(new WaitingTable(narrow).render(reading, waiting.getFirst()))
                .contains("No mismatch yet: it waits until ");
        assertThat(new WaitingTable(narrow).render(reading, List.of(), 25))
                .isEqualTo("Nothing waits.\n");
        assertThat(new JsonReport().waiting(reading, waiting)).contains("\"waits_until\"");
    }

    @Test
    void knowsWhichNodesThereAre() {
        LedgerReading reading = Readings.with(40);

        assertThat(ofNode("carol").isNodeKnown(reading)).isFalse();
        assertThat(ofNode("ALICE").isNodeKnown(reading)).isTrue();
        assertThat(ofNode(Readings.BOB.substring(0, 6)).isNodeKnown(reading)).isTrue();
        assertThat(MismatchFilter.ALL.isNodeKnown(reading)).isTrue();
    }

    private static MismatchFilter ofNode(String name) {
        return new MismatchFilter(
                Optional.empty(), Optional.empty(), Optional.of(name), Optional.empty());
    }

    @Test
    void saysThatNothingIsOpen() {
        assertThat(table(Readings.with(0), MismatchFilter.ALL))
                .isEqualTo(
                        "Nothing is open. Coverage is complete, nothing is hidden.\nNext: ./tallystick mismatches --waiting\n");
        assertThat(table(Readings.empty(), MismatchFilter.ALL))
                .isEqualTo(
                        "No node has been read yet, so nothing is known: not what is open, nor that nothing is.\n");
        assertThat(table(Readings.with(40), code("LIMBO_PAST_MATURITY")))
                .isEqualTo(
                        """
                        Nothing open fits: 40 are open in all, none with this code. Coverage is complete, nothing is hidden.
                        Next: ./tallystick mismatches
                        """);
    }

    @Test
    void filterNarrows() {
        LedgerReading reading = Readings.with(40);

        assertThat(code("unit_error").mismatches(reading))
                .hasSize(6)
                .allMatch(mismatch -> mismatch.code().equals("UNIT_ERROR"));
        String reference = reading.mismatches().getFirst().reference();
        assertThat(MismatchFilter.finding(reference.substring(15, 30)).mismatches(reading))
                .containsExactly(reading.mismatches().getFirst());
        assertThat(table(reading, code("UNIT_ERROR"))).contains("6 open with this code");
    }

    private static MismatchFilter code(String code) {
        return new MismatchFilter(
                Optional.of(code), Optional.empty(), Optional.empty(), Optional.empty());
    }

    private static String table(LedgerReading reading, MismatchFilter filter) {
        return new MismatchTable(TerminalStyle.PLAIN).render(reading, filter, 12);
    }

    private static List<String> everything(LedgerReading reading, TerminalStyle style) {
        return List.of(
                new TerminalReport(style).overview(reading),
                new MismatchTable(style).render(reading, MismatchFilter.ALL, 12),
                new MismatchTable(style).render(reading, MismatchFilter.finding("nowhere"), 12));
    }
}
