package tallystick.report.day;

import java.math.BigInteger;
import java.util.List;
import tallystick.db.report.DayReading.Sum;
import tallystick.report.figures.Amounts;
import tallystick.report.figures.Shares;
import tallystick.report.figures.Times;
import tallystick.report.terminal.Cell;
import tallystick.report.terminal.Column;
import tallystick.report.terminal.Ink;
import tallystick.report.terminal.TerminalStyle;
import tallystick.report.terminal.TextPage;
import tallystick.report.terminal.TextTable;

/// The heart of a report for a terminal: how references stand, the balance bridge, the register.
public final class DayText {
    private static final Amounts AMOUNTS = Amounts.TERMINAL;

    private final TerminalStyle style;

    public DayText(TerminalStyle style) {
        this.style = style;
    }

    public String render(DayReport report) {
        DayPage figures = new DayPage(report, List.of(), "", 0);
        TextPage page = new TextPage(style);
        page.say(
                report.isIssued()
                        ? "%s, ledger %s. Known at sequence %d, since %d. %s."
                                .formatted(
                                        figures.title(),
                                        report.facts().ledger(),
                                        report.history().sequence(),
                                        report.history().since(),
                                        report.status())
                        : "%s, ledger %s. %s."
                                .formatted(
                                        figures.title(), report.facts().ledger(), report.status()));
        page.blank();
        page.table(references(figures));
        if (!figures.openInWords().isEmpty()) {
            page.say(figures.openInWords());
        }
        page.blank();
        page.table(bridges(report, figures));
        page.blank();
        if (report.isIssued()) {
            page.table(register(report.history()));
            page.blank();
        }
        page.say(figures.conclusion().replace('−', '-'));
        page.say("Facts    " + report.seal().factsDigest());
        if (report.isIssued()) {
            page.say("History  " + report.seal().historyDigest());
            page.say("Seal     " + figures.sealDigest());
            page.say(
                    "",
                    "Issued %s by Tallystick %s."
                            .formatted(
                                    Times.stamp(report.seal().issuedAt()),
                                    report.seal().programVersion()),
                    Ink.PLAIN);
            page.say("", signOff(report), Ink.PLAIN);
        }
        return page.toString();
    }

    private static String signOff(DayReport report) {
        StringBuilder text = new StringBuilder();
        report.prepared()
                .forEach(one -> text.append("Prepared by ").append(signature(one)).append(". "));
        report.reviewed()
                .forEach(one -> text.append("Reviewed by ").append(signature(one)).append(". "));
        if (report.seal().edition() > 1) {
            text.append("Edition ")
                    .append(report.seal().edition())
                    .append(", restates the day: ")
                    .append(report.seal().reason())
                    .append(". ");
        }
        return text.isEmpty() ? "Signed by nobody yet." : text.toString().strip();
    }

    private static String signature(DayReport.Signature one) {
        return one.person() + " " + Times.stamp(one.at());
    }

    private TextTable references(DayPage figures) {
        TextTable table =
                new TextTable(
                        style,
                        List.of(
                                Column.text("Nodes against books"),
                                Column.number("of the day"),
                                Column.number("share").droppedAs(1),
                                Column.number("value, sat")));
        for (DayPage.State one : figures.states()) {
            table.row(
                    Cell.of(one.sign() + "  " + one.label()),
                    Cell.of(Amounts.count(one.within().count())),
                    Cell.of(Shares.percent(one.within().count(), figures.all().count(), "-")),
                    Cell.of(AMOUNTS.sat(one.within().msat())));
        }
        return table.rule()
                .row(
                        Cell.of("   Total"),
                        Cell.of(Amounts.count(figures.all().count())),
                        Cell.of(Shares.percent(figures.all().count(), figures.all().count(), "-")),
                        Cell.of(AMOUNTS.sat(figures.all().msat())))
                .doubleRule();
    }

    private TextTable bridges(DayReport report, DayPage figures) {
        TextTable table =
                new TextTable(
                        style,
                        List.of(
                                Column.text("Balance bridge").cutTo(26),
                                Column.number("channels, sat"),
                                Column.number("wallet, sat"),
                                Column.number("limbo, sat").droppedAs(1),
                                Column.number("total, sat")));
        for (DayReport.Bridge bridge : report.facts().bridges()) {
            table.row(row(figures.who(bridge.node()) + ", opening", bridge.opening(), false));
            for (DayReport.Movement one : bridge.movements()) {
                table.row(row("  " + DayPage.label(one.kind()), one.msat(), true));
            }
            table.rule();
            table.row(row(figures.who(bridge.node()) + ", closing", bridge.closing(), false));
            for (DayPage.ToTheNode one : figures.toTheNode(bridge)) {
                table.row(row(one));
            }
            table.doubleRule();
        }
        return table;
    }

    private static Cell[] row(String what, DayReport.Places places, boolean isSigned) {
        return new Cell[] {
            Cell.of(what),
            amount(places.channelsMsat(), isSigned),
            amount(places.walletMsat(), isSigned),
            amount(places.limboMsat(), isSigned),
            amount(places.totalMsat(), isSigned)
        };
    }

    private static Cell[] row(DayPage.ToTheNode one) {
        return new Cell[] {
            Cell.of("  " + one.label()),
            one.channelsMsat()
                    .map(msat -> amount(msat, !one.isSum()))
                    .orElseGet(() -> Cell.of("not known")),
            amount(one.walletMsat(), !one.isSum()),
            Cell.EMPTY,
            Cell.EMPTY
        };
    }

    private static Cell amount(BigInteger msat, boolean isSigned) {
        return Cell.of(isSigned ? AMOUNTS.signedSat(msat) : AMOUNTS.sat(msat));
    }

    private TextTable register(DayReport.History history) {
        TextTable table =
                new TextTable(
                        style,
                        List.of(
                                Column.text("Mismatches"),
                                Column.number("count"),
                                Column.number("amount, sat")));
        add(table, "Carried over", history.carried());
        add(table, "Opened", history.opened());
        add(table, "Opened again", history.reopened());
        add(table, "Amounts changed", history.changed());
        add(table, "Closed by evidence", history.closed());
        add(table, "Resolved by a person", history.resolved());
        add(table, "Ignored until a time", history.ignored());
        table.rule();
        add(table, "Open", history.open());
        return table.doubleRule();
    }

    private static void add(TextTable table, String what, Sum sum) {
        table.row(
                Cell.of(what),
                Cell.of(Amounts.count(sum.count())),
                Cell.of(AMOUNTS.sat(sum.msat())));
    }
}
