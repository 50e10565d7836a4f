package tallystick.report;

import static java.time.temporal.ChronoUnit.SECONDS;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import tallystick.db.report.LedgerReading;
import tallystick.db.report.LedgerReading.Half;
import tallystick.db.report.LedgerReading.Mismatch;
import tallystick.report.figures.Amounts;
import tallystick.report.figures.Hashes;
import tallystick.report.figures.NodeNames;
import tallystick.report.figures.Severity;
import tallystick.report.figures.Times;
import tallystick.report.terminal.Cell;
import tallystick.report.terminal.Column;
import tallystick.report.terminal.Ink;
import tallystick.report.terminal.TerminalStyle;
import tallystick.report.terminal.TextPage;
import tallystick.report.terminal.TextTable;

/// One mismatch for a terminal: what is wrong, what to do, and both halves line by line, the nodes' beside the books'.
public final class MismatchDetail {
    private static final Amounts AMOUNTS = Amounts.TERMINAL;

    /// Of a reference to an entry, which a line of the books' half is anyway.
    private static final Pattern ENTRY = Pattern.compile("^entry:");

    private static final List<Column> COLUMNS =
            List.of(
                    Column.text("Both halves, sat").cutTo(14),
                    Column.text("When").cutTo(20).droppedAs(1),
                    Column.number("Nodes"),
                    Column.number("Books"));

    private final TerminalStyle style;

    public MismatchDetail(TerminalStyle style) {
        this.style = style;
    }

    public String render(LedgerReading reading, Mismatch mismatch) {
        NodeNames names = new NodeNames(reading);
        Severity severity = Severity.of(mismatch.severity());
        TextPage page = new TextPage(style);
        String amount = AMOUNTS.sat(mismatch.amountMsat()) + " sat";
        String notches = severity.notches().isEmpty() ? "" : severity.notches() + " ";
        page.say("", notches + mismatch.label() + ", " + amount, Ink.of(severity));
        page.say(facts(reading, mismatch, names, severity));
        page.say(mismatch.reference());
        page.blank();
        page.say(mismatch.explanation());
        page.say("What to do: ", mismatch.advice(), Ink.STRONG);
        page.blank();
        page.table(halves(mismatch, names));
        return page.toString();
    }

    private static String facts(
            LedgerReading reading, Mismatch mismatch, NodeNames names, Severity severity) {
        List<String> facts = new ArrayList<>();
        facts.add(severity.label());
        facts.add(mismatch.code());
        facts.add(
                "since %s, %s"
                        .formatted(
                                Times.stamp(mismatch.since()),
                                Times.age(mismatch.since(), reading.asOf())));
        facts.add(names.of(mismatch.node()));
        if (!mismatch.order().isEmpty()) {
            facts.add("order " + mismatch.order());
        }
        if (!mismatch.account().isEmpty()) {
            facts.add("account " + mismatch.account());
        }
        return String.join(" · ", facts);
    }

    private TextTable halves(Mismatch mismatch, NodeNames names) {
        TextTable table = new TextTable(style, COLUMNS);
        for (Half half : mismatch.nodeHalf()) {
            String what = names.of(half.node()) + ": " + Hashes.within(half.what());
            table.row(Cell.of(what), at(half), amount(half.amountMsat()), Cell.EMPTY);
        }
        if (mismatch.nodeHalf().isEmpty()) {
            table.row(new Cell("nodes: nothing", Ink.SOFT), Cell.EMPTY, Cell.EMPTY, Cell.EMPTY);
        }
        for (Half half : mismatch.booksHalf()) {
            String what = "books: " + ENTRY.matcher(half.what()).replaceFirst("");
            table.row(Cell.of(what), at(half), Cell.EMPTY, amount(half.amountMsat()));
        }
        if (mismatch.booksHalf().isEmpty()) {
            table.row(new Cell("books: nothing", Ink.SOFT), Cell.EMPTY, Cell.EMPTY, Cell.EMPTY);
        }
        table.rule();
        table.sum(
                new Cell("Compared", Ink.STRONG),
                Cell.EMPTY,
                compared(mismatch.nodeMsat()),
                compared(mismatch.booksMsat()));
        table.sum(
                Cell.of("Nodes minus books, on clearing"),
                Cell.EMPTY,
                Cell.EMPTY,
                amount(mismatch.residueMsat()));
        return table.doubleRule();
    }

    private static Cell at(Half half) {
        // What tells lines apart needs the room more than parts of a second.
        return Cell.of(half.at().map(at -> Times.stamp(at.truncatedTo(SECONDS))).orElse(""));
    }

    private static Cell amount(long msat) {
        return Cell.of(AMOUNTS.signedSat(msat));
    }

    private static Cell compared(OptionalLong msat) {
        return msat.isPresent() ? amount(msat.getAsLong()) : new Cell("none", Ink.SOFT);
    }
}
