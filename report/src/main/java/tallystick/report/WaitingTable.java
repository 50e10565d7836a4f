package tallystick.report;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import tallystick.db.report.LedgerReading;
import tallystick.db.report.LedgerReading.Pair;
import tallystick.report.figures.Amounts;
import tallystick.report.figures.Hashes;
import tallystick.report.figures.NodeNames;
import tallystick.report.figures.Times;
import tallystick.report.terminal.Cell;
import tallystick.report.terminal.Column;
import tallystick.report.terminal.TerminalStyle;
import tallystick.report.terminal.TextPage;
import tallystick.report.terminal.TextTable;

/// What was booked and is not decided yet, for a terminal: which is due soonest stands first, what waits for the nodes and
/// not for a time stands last.
public final class WaitingTable {
    private static final List<Column> COLUMNS =
            List.of(
                    Column.text("Reference").cutTo(17),
                    Column.text("Node").cutTo(9),
                    Column.number("Booked, sat"),
                    Column.text("Waits until"));
    private static final Comparator<Pair> SOONEST_FIRST =
            Comparator.comparing((Pair pair) -> pair.waitsUntil().orElse(Instant.MAX))
                    .thenComparing(Pair::node)
                    .thenComparing(Pair::reference);

    private final TerminalStyle style;

    public WaitingTable(TerminalStyle style) {
        this.style = style;
    }

    /// So many of those that wait.
    public String render(LedgerReading reading, List<Pair> waiting, int limit) {
        TextPage page = new TextPage(style);
        if (waiting.isEmpty()) {
            return page.say("Nothing waits.").toString();
        }
        page.say(
                "Known at sequence %d, %s. No mismatch until it is due: the other half may still come."
                        .formatted(reading.sequence(), Times.stamp(reading.asOf())));
        page.blank();
        NodeNames names = new NodeNames(reading);
        TextTable table = new TextTable(style, COLUMNS);
        waiting.stream()
                .sorted(SOONEST_FIRST)
                .limit(limit)
                .forEach(pair -> table.row(cells(pair, names)));
        table.rule();
        String shown = waiting.size() > limit ? Amounts.count(limit) + " shown of " : "";
        table.sum(
                Cell.of(shown + Amounts.count(waiting.size()) + " waiting"),
                Cell.EMPTY,
                Cell.EMPTY,
                Cell.EMPTY);
        return page.table(table.doubleRule()).toString();
    }

    /// One of them, in full.
    public String render(LedgerReading reading, Pair pair) {
        TextPage page = new TextPage(style);
        page.say("Waiting, %s sat booked".formatted(Amounts.TERMINAL.sat(pair.bookedMsat())));
        page.say(pair.reference() + " · " + new NodeNames(reading).of(pair.node()));
        page.blank();
        page.say("No mismatch yet: it waits until %s.".formatted(until(pair)));
        return page.toString();
    }

    private static Cell[] cells(Pair pair, NodeNames names) {
        return new Cell[] {
            Cell.of(Hashes.bare(pair.reference())),
            Cell.of(names.of(pair.node())),
            Cell.of(Amounts.TERMINAL.sat(pair.bookedMsat())),
            Cell.of(until(pair)),
        };
    }

    private static String until(Pair pair) {
        return pair.waitsUntil().map(Times::stamp).orElse("the nodes are read further");
    }
}
