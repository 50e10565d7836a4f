package tallystick.report;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import tallystick.db.report.ChannelResults;
import tallystick.db.report.ChannelResults.ChannelResult;
import tallystick.db.report.ChannelResults.NodeChange;
import tallystick.db.report.ChannelResults.State;
import tallystick.report.figures.Amounts;
import tallystick.report.figures.Hashes;
import tallystick.report.figures.NodeNames;
import tallystick.report.figures.Times;
import tallystick.report.terminal.Cell;
import tallystick.report.terminal.Column;
import tallystick.report.terminal.Ink;
import tallystick.report.terminal.TerminalStyle;
import tallystick.report.terminal.TextPage;
import tallystick.report.terminal.TextTable;

/// What channels cost and earned, for a terminal: open ones first; then what all of them come to, and the proof that this and
/// the wallet's own movements are what each node holds. A narrow terminal shows fewer figures.
public final class ChannelTable {
    private static final Amounts AMOUNTS = Amounts.TERMINAL;

    /// Open ones first, the most valuable of them on top.
    static final Comparator<ChannelResult> ORDER =
            Comparator.comparing(ChannelResult::state)
                    .thenComparing(Comparator.comparingLong(ChannelResult::balance).reversed())
                    .thenComparing(ChannelResult::node)
                    .thenComparing(ChannelResult::channel);

    /// A figure, and when it is left out.
    private record Figure(Column column, boolean isSigned, ToLongFunction<ChannelResult> of) {
        Cell cell(List<ChannelResult> channels, Ink ink) {
            long sum = channels.stream().mapToLong(of).reduce(0, Math::addExact);
            return new Cell(isSigned ? AMOUNTS.signedSat(sum) : AMOUNTS.sat(sum), ink);
        }
    }

    private static final List<Figure> FIGURES =
            List.of(
                    new Figure(Column.number("Put in").droppedAs(2), false, ChannelResult::opened),
                    new Figure(
                            Column.number("Pushed").droppedAs(7),
                            true,
                            one -> one.pushIn() - one.pushOut()),
                    new Figure(
                            Column.number("Received").droppedAs(4), false, ChannelResult::received),
                    new Figure(Column.number("Sent").droppedAs(5), false, ChannelResult::sent),
                    new Figure(
                            Column.number("Rebalanced").droppedAs(8),
                            true,
                            one -> one.rebalancedIn() - one.rebalancedOut()),
                    new Figure(
                            Column.number("Forwarded").droppedAs(6),
                            true,
                            one -> one.forwardedIn() - one.forwardedOut()),
                    new Figure(Column.number("Income"), false, ChannelResult::routingIncome),
                    new Figure(Column.number("Costs"), false, ChannelResult::costs),
                    new Figure(
                            Column.number("Returned").droppedAs(3), false, ChannelResult::returned),
                    new Figure(
                            Column.number("Balance").droppedAs(1), false, ChannelResult::balance),
                    new Figure(Column.number("Result"), true, ChannelResult::result));

    private final TerminalStyle style;

    public ChannelTable(TerminalStyle style) {
        this.style = style;
    }

    /// @param asOf the moment the register was last decided for
    /// @param all also those that are closed, each; otherwise they are one line
    public String render(ChannelResults results, Instant asOf, boolean all) {
        TextPage page = new TextPage(style);
        if (results.nodes().isEmpty()) {
            return page.say("No channel is known: no node has been read yet.").toString();
        }
        page.say(
                "Known at sequence %d, %s. Amounts in sat; the digits after the point are msat."
                        .formatted(results.sequence(), Times.stamp(asOf)));
        page.blank();
        page.table(channels(results, all));
        page.say(
                "Income: fees of forwards that came in by the channel. Costs: its share of the opening's miner fee, routing fees paid, and what its end cost. Result: by how much it changed what the node holds, by payments, pushes, rebalancing, forwards, income and costs; what was put in and came back is not in it. What a channel earned is its income less its costs.");
        page.blank();
        page.table(proof(results));
        addNext(page, results, all);
        return page.toString();
    }

    private TextTable channels(ChannelResults results, boolean all) {
        List<Column> columns =
                Stream.concat(
                                Stream.of(
                                        Column.text("Node").cutTo(8),
                                        Column.text("Channel").cutTo(17),
                                        Column.text("State")),
                                FIGURES.stream().map(Figure::column))
                        .toList();
        TextTable table = new TextTable(style, columns);
        List<ChannelResult> closed =
                results.channels().stream().filter(one -> one.state() == State.CLOSED).toList();
        results.channels().stream()
                .filter(one -> all || one.state() != State.CLOSED)
                .sorted(ORDER)
                .forEach(one -> table.row(row(results, one)));
        table.rule();
        if (!all && !closed.isEmpty()) {
            table.sum(sum(Amounts.count(closed.size()) + " closed", closed, Ink.SOFT));
        }
        int count = results.channels().size();
        table.sum(
                sum(
                        Amounts.count(count) + (count == 1 ? " channel" : " channels"),
                        results.channels(),
                        Ink.STRONG));
        return table.doubleRule();
    }

    private static Cell[] row(ChannelResults results, ChannelResult one) {
        return cells(
                Cell.of(name(results, one.node())),
                Cell.of(Hashes.bare("channel:" + one.channel())),
                Cell.of(
                        switch (one.state()) {
                            case OPEN -> "open";
                            case CLOSING -> "closing";
                            case CLOSED -> "closed";
                        }),
                List.of(one),
                Ink.PLAIN);
    }

    private static Cell[] sum(String label, List<ChannelResult> channels, Ink ink) {
        return cells(new Cell(label, ink), Cell.EMPTY, Cell.EMPTY, channels, ink);
    }

    private static Cell[] cells(
            Cell first, Cell second, Cell third, List<ChannelResult> channels, Ink ink) {
        Cell[] cells = new Cell[3 + FIGURES.size()];
        cells[0] = first;
        cells[1] = second;
        cells[2] = third;
        for (int i = 0; i < FIGURES.size(); i++) {
            cells[3 + i] = FIGURES.get(i).cell(channels, ink);
        }
        return cells;
    }

    private static String name(ChannelResults results, String pubkey) {
        return results.nodes().stream()
                .filter(node -> node.pubkey().equals(pubkey))
                .map(node -> NodeNames.name(pubkey, node.alias()))
                .findFirst()
                .orElse(Hashes.shortened(pubkey));
    }

    private TextTable proof(ChannelResults results) {
        boolean hasPast = results.nodes().stream().anyMatch(node -> node.begun() != 0);
        List<Column> columns = new ArrayList<>();
        columns.add(Column.text("Node").cutTo(9));
        if (hasPast) {
            columns.add(Column.number("Began with"));
        }
        columns.add(Column.number(hasPast ? "Channels" : "Results of channels"));
        columns.add(Column.number("Wallet's own"));
        columns.add(Column.number("Node holds"));
        columns.add(Column.number("Difference"));
        columns.add(Column.text("Proof"));
        TextTable table = new TextTable(style, columns);
        for (NodeChange node : results.nodes()) {
            boolean holds = node.difference() == 0;
            List<Cell> cells = new ArrayList<>();
            cells.add(Cell.of(NodeNames.name(node.pubkey(), node.alias())));
            if (hasPast) {
                cells.add(Cell.of(AMOUNTS.signedSat(node.begun())));
            }
            cells.add(Cell.of(AMOUNTS.signedSat(node.channels())));
            cells.add(Cell.of(AMOUNTS.signedSat(node.wallet())));
            cells.add(Cell.of(AMOUNTS.sat(node.change())));
            cells.add(Cell.of(AMOUNTS.signedSat(node.difference())));
            cells.add(
                    new Cell(
                            holds ? "= adds up" : "≠ does not add up", holds ? Ink.GOOD : Ink.BAD));
            table.row(cells.toArray(Cell[]::new));
        }
        return table.doubleRule();
    }

    private static void addNext(TextPage page, ChannelResults results, boolean all) {
        boolean holds = results.nodes().stream().allMatch(node -> node.difference() == 0);
        page.say(
                holds
                        ? "The results of all channels and the wallet's own movements add up to what each node holds."
                        : "They do not add up to what each node holds: the ledger moved something that no figure names. `SELECT * FROM audit.channels WHERE difference_msat <> 0` says where.");
        if (!all && results.channels().stream().anyMatch(one -> one.state() == State.CLOSED)) {
            page.blank();
            page.say(
                    "Next: ",
                    "./tallystick channels --all           the closed ones too",
                    Ink.PLAIN);
        }
    }
}
