package tallystick.report;

import java.util.List;
import java.util.Optional;
import tallystick.db.report.LedgerReading;
import tallystick.db.report.LedgerReading.Mismatch;
import tallystick.report.figures.Amounts;
import tallystick.report.figures.Coverage;
import tallystick.report.figures.Hashes;
import tallystick.report.figures.Register;
import tallystick.report.figures.Standing;
import tallystick.report.figures.Standings;
import tallystick.report.figures.Times;
import tallystick.report.terminal.Cell;
import tallystick.report.terminal.Column;
import tallystick.report.terminal.Ink;
import tallystick.report.terminal.TerminalStyle;
import tallystick.report.terminal.TextPage;
import tallystick.report.terminal.TextTable;

/// Open mismatches for a terminal, worst first, with totals over all of them and not only over those shown.
public final class MismatchTable {
    private static final Amounts AMOUNTS = Amounts.TERMINAL;
    private static final int COMMAND_WIDTH = 35;

    /// In fewer columns than these what is wrong comes before the order, and nothing is shown that something else says.
    private static final int ROOMY = 100;

    private static final String UNIT = "Amounts in sat; the digits after the point are msat.";

    private final TerminalStyle style;

    public MismatchTable(TerminalStyle style) {
        this.style = style;
    }

    private List<Column> columns() {
        return List.of(
                Column.text("Severity"),
                Column.text("What is wrong").cutTo(isRoomy() ? 18 : 24),
                Column.text("Reference").cutTo(17),
                Column.text("Order").cutTo(9).droppedAs(2),
                Column.number("Amount"),
                Column.number("Nodes-books").droppedAs(1));
    }

    private boolean isRoomy() {
        return style.width() >= ROOMY;
    }

    /// The worst so many that fit the filter, what they sum to, and what to look at next.
    public String render(LedgerReading reading, MismatchFilter filter, int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit: %d (expected: 1 or more)".formatted(limit));
        }
        TextPage page = new TextPage(style);
        Register register = Register.of(filter.mismatches(reading));
        if (register.isEmpty()) {
            page.say(nothing(reading, filter));
            if (!reading.mismatches().isEmpty()) {
                page.say("Next: ./tallystick mismatches");
            } else if (isAnythingWaiting(reading)) {
                page.say("Next: ./tallystick mismatches --waiting");
            }
            return page.toString();
        }
        page.say(
                "Known at sequence %d, %s. %s"
                        .formatted(reading.sequence(), Times.stamp(reading.asOf()), UNIT));
        page.blank();
        addTable(page, reading, filter, register, limit);
        page.blank();
        addNext(page, reading, register, limit);
        return page.toString();
    }

    /// All of them, for a document: no sequence, no commands.
    public String render(LedgerReading reading) {
        TextPage page = new TextPage(style);
        Register register = Register.of(reading.mismatches());
        if (register.isEmpty()) {
            return page.say(nothing(reading, MismatchFilter.ALL)).toString();
        }
        addTable(page, reading, MismatchFilter.ALL, register, register.count());
        return page.toString();
    }

    private void addTable(
            TextPage page,
            LedgerReading reading,
            MismatchFilter filter,
            Register register,
            int limit) {
        TextTable table = new TextTable(style, columns());
        Register shown = register.first(limit);
        shown.lines().forEach(line -> table.row(cells(line)));
        table.rule();
        if (shown.count() < register.count()) {
            Register more = register.after(limit);
            table.sum(sum(Amounts.count(shown.count()) + " shown", shown, Ink.PLAIN));
            table.sum(sum(Amounts.count(more.count()) + " more", more, Ink.SOFT));
        }
        table.sum(sum(total(reading, filter, register), register, Ink.STRONG));
        table.doubleRule();
        page.table(table).blank();
        Mismatch worst = register.lines().getFirst().mismatch();
        page.say(
                "%s. The worst: %s, %s sat%s."
                        .formatted(
                                register.severitiesInWords(),
                                worst.label(),
                                AMOUNTS.sat(worst.amountMsat()),
                                worst.order().isEmpty() ? "" : ", order " + worst.order()));
    }

    private Cell[] cells(Register.Line line) {
        Mismatch mismatch = line.mismatch();
        String label = line.severity().label();
        String severity = isRoomy() ? "%-4s %s".formatted(line.severity().notches(), label) : label;
        String reference = mismatch.reference();
        String residue = line.sharesResidue() ? "as above" : AMOUNTS.signedSat(line.residueMsat());
        return new Cell[] {
            new Cell(severity, Ink.of(line.severity())),
            Cell.of(mismatch.label()),
            Cell.of(isRoomy() ? Hashes.bare(reference) : Hashes.briefly(reference)),
            Cell.of(mismatch.order().isEmpty() ? "-" : mismatch.order()),
            Cell.of(AMOUNTS.sat(mismatch.amountMsat())),
            Cell.of(residue),
        };
    }

    private static Cell[] sum(String label, Register register, Ink ink) {
        return new Cell[] {
            Cell.EMPTY,
            new Cell(label, ink),
            Cell.EMPTY,
            Cell.EMPTY,
            new Cell(AMOUNTS.sat(register.amountMsat()), ink),
            new Cell(AMOUNTS.signedSat(register.residueMsat()), ink),
        };
    }

    private static String total(LedgerReading reading, MismatchFilter filter, Register register) {
        String open = Amounts.count(register.count()) + " open";
        if (!filter.equals(MismatchFilter.ALL)) {
            return open + " " + filter.inWords();
        }
        return "%s, %s waiting"
                .formatted(open, Amounts.count(Standings.of(reading).of(Standing.WAITING).count()));
    }

    private static void addNext(
            TextPage page, LedgerReading reading, Register register, int limit) {
        String worst = register.lines().getFirst().mismatch().reference();
        String name = Hashes.parts(worst).hasHash() ? Hashes.parts(worst).head() : worst;
        boolean isCut = register.count() > limit;
        String rest = "./tallystick mismatches" + (isCut ? " --all" : " -h");
        page.say(
                "Next: ",
                next("./tallystick mismatch " + name, "both halves, what to do"),
                Ink.PLAIN);
        String others =
                isCut
                        ? "every line; --json and --csv for programs; -h filters"
                        : "filters; --json and --csv for programs";
        page.say("      ", next(rest, others), Ink.PLAIN);
        if (isAnythingWaiting(reading)) {
            page.say(
                    "      ",
                    next("./tallystick mismatches --waiting", "what is not due yet"),
                    Ink.PLAIN);
        }
    }

    private static boolean isAnythingWaiting(LedgerReading reading) {
        return Standings.of(reading).of(Standing.WAITING).count() > 0;
    }

    private static String next(String command, String what) {
        return command + " ".repeat(Math.max(2, COMMAND_WIDTH - command.length())) + what;
    }

    /// Says that nothing is here, whether coverage allows that claim, and how much there is otherwise.
    private static String nothing(LedgerReading reading, MismatchFilter filter) {
        if (reading.nodes().isEmpty()) {
            return "No node has been read yet, so nothing is known: not what is open, nor that nothing is.";
        }
        Optional<String> gap = Coverage.of(reading).gap();
        String coverage =
                gap.map(words -> " Not known: " + words + ".")
                        .orElse(" Coverage is complete, nothing is hidden.");
        if (reading.mismatches().isEmpty()) {
            return "Nothing is open." + coverage;
        }
        return "Nothing open fits: %s open in all, none %s.%s"
                .formatted(
                        Amounts.count(reading.mismatches().size())
                                + (reading.mismatches().size() == 1 ? " is" : " are"),
                        filter.inWords(),
                        coverage);
    }
}
