package tallystick.report;

import java.math.BigInteger;
import java.util.List;
import tallystick.db.report.DayReading.Sum;
import tallystick.db.report.LedgerReading;
import tallystick.report.figures.Amounts;
import tallystick.report.figures.Conclusion;
import tallystick.report.figures.Coverage;
import tallystick.report.figures.Hashes;
import tallystick.report.figures.NotDecidedYet;
import tallystick.report.figures.OpenMismatches;
import tallystick.report.figures.Proof;
import tallystick.report.figures.Shares;
import tallystick.report.figures.Standing;
import tallystick.report.figures.Standings;
import tallystick.report.figures.Waiting;
import tallystick.report.terminal.Cell;
import tallystick.report.terminal.Column;
import tallystick.report.terminal.Ink;
import tallystick.report.terminal.TerminalStyle;
import tallystick.report.terminal.TextPage;
import tallystick.report.terminal.TextTable;

/// The whole ledger at a glance, for a terminal or a text file: what was read, how nodes and books agree, which balances
/// are proven, and what that means in a sentence.
public final class TerminalReport {
    private static final Amounts AMOUNTS = Amounts.TERMINAL;

    private final TerminalStyle style;

    public TerminalReport(TerminalStyle style) {
        this.style = style;
    }

    /// Nodes, nodes against books, balance proof, checks and the conclusion.
    public String overview(LedgerReading reading) {
        TextPage page = new TextPage(style);
        addNodes(page, reading);
        addStandings(page, reading);
        addProof(page, reading);
        page.say(new Conclusion(AMOUNTS).of(reading));
        return page.toString();
    }

    private void addNodes(TextPage page, LedgerReading reading) {
        TextTable table =
                new TextTable(
                        style,
                        List.of(
                                Column.text("Node").cutTo(16),
                                Column.number("invoices"),
                                Column.number("payments"),
                                Column.number("forwards").droppedAs(2),
                                Column.number("channels").droppedAs(1),
                                Column.number("read without a gap to")));
        for (Coverage.Line line : Coverage.of(reading).lines()) {
            table.row(
                    Cell.of(name(line.node().alias(), line.node().pubkey())),
                    count(line.node().invoices()),
                    count(line.node().payments()),
                    count(line.node().forwards()),
                    count(line.node().channels()),
                    new Cell(
                            (line.isCovered() ? "= " : "… ") + line.until(),
                            line.isCovered() ? Ink.GOOD : Ink.WARN));
        }
        page.table(table).blank();
    }

    private void addStandings(TextPage page, LedgerReading reading) {
        Standings standings = Standings.of(reading);
        TextTable table =
                new TextTable(
                        style,
                        List.of(
                                Column.text("Nodes against books").cutTo(24),
                                Column.number("references"),
                                Column.number("share").droppedAs(1),
                                Column.number("value, sat")));
        Sum total = standings.total();
        for (Standings.Row row : standings.rows()) {
            Sum sum = row.sum();
            if (sum.isNothing() && row.standing().isRare()) {
                continue;
            }
            table.row(
                    new Cell(row.standing().sign() + "  " + row.standing().label(), ink(row)),
                    count(sum.count()),
                    Cell.of(Shares.percent(sum.count(), total.count(), "-")),
                    Cell.of(AMOUNTS.sat(sum.msat())));
        }
        table.rule();
        table.sum(
                new Cell("   Total", Ink.STRONG),
                count(total.count()),
                Cell.of(Shares.percent(total.count(), total.count(), "-")),
                Cell.of(AMOUNTS.sat(total.msat())));
        page.table(table.doubleRule());
        String open = OpenMismatches.of(reading).inWords();
        if (!open.isEmpty()) {
            page.say(open);
        }
        NotDecidedYet undecided = NotDecidedYet.of(reading);
        page.say(
                "Not decided yet: %s; residue %s sat"
                        .formatted(
                                undecided.inWords(), AMOUNTS.signedSat(undecided.residueMsat())));
        Waiting.inWords(reading).ifPresent(page::say);
        page.blank();
    }

    private void addProof(TextPage page, LedgerReading reading) {
        Proof proof = Proof.of(reading);
        TextTable table =
                new TextTable(
                        style,
                        List.of(
                                Column.text("Balance proof").cutTo(16),
                                Column.number("ledger, sat"),
                                Column.number("node itself, sat"),
                                Column.number("residual, msat"),
                                Column.number("proof")));
        for (Proof.Line line : proof.lines()) {
            table.row(
                    Cell.of(line.node() + "  " + line.account()),
                    Cell.of(AMOUNTS.sat(line.ledgerMsat())),
                    Cell.of(line.nodeMsat().map(AMOUNTS::sat).orElse("not known")),
                    Cell.of(line.nodeMsat().isEmpty() ? "-" : AMOUNTS.msat(line.residualMsat())),
                    result(line.result()));
        }
        if (!proof.lines().isEmpty()) {
            table.rule();
            table.sum(
                    new Cell("All nodes", Ink.STRONG),
                    Cell.of(AMOUNTS.sat(proof.ledgerMsat())),
                    Cell.of(proof.nodeMsat().map(AMOUNTS::sat).orElse("not known")),
                    Cell.of(proof.nodeMsat().isEmpty() ? "-" : AMOUNTS.msat(proof.residualMsat())),
                    result(proof.result()));
            page.table(table.doubleRule());
        }
        addChecks(page, proof);
        page.blank();
    }

    private static void addChecks(TextPage page, Proof proof) {
        String clearing =
                proof.unexplainedMsat().signum() == 0
                        ? "The residues of all items sum to clearing, %s sat."
                                .formatted(AMOUNTS.signedSat(proof.clearingMsat()))
                        : "The residues of all items sum to %s sat, clearing is %s sat."
                                .formatted(
                                        AMOUNTS.signedSat(proof.itemsMsat()),
                                        AMOUNTS.signedSat(proof.clearingMsat()));
        page.say(sign(proof.unexplainedMsat()), clearing, ink(proof.unexplainedMsat()));
        String trial =
                proof.trialBalanceMsat().signum() == 0
                        ? "Debits equal credits over all accounts."
                        : "Debits less credits over all accounts is %s sat."
                                .formatted(AMOUNTS.signedSat(proof.trialBalanceMsat()));
        page.say(sign(proof.trialBalanceMsat()), trial, ink(proof.trialBalanceMsat()));
    }

    private static String name(String alias, String pubkey) {
        String key = Hashes.shortened(pubkey);
        return alias.isBlank() ? key : alias + "  " + key;
    }

    private static Cell count(long number) {
        return Cell.of(Amounts.count(number));
    }

    private static Cell result(Proof.Result result) {
        Ink ink =
                switch (result) {
                    case PROVEN -> Ink.GOOD;
                    case DRIFT -> Ink.BAD;
                    case NOT_KNOWN -> Ink.SOFT;
                };
        return new Cell(result.text(), ink);
    }

    private static Ink ink(Standings.Row row) {
        return row.standing() == Standing.OPEN && row.sum().count() > 0 ? Ink.BAD : Ink.PLAIN;
    }

    private static String sign(BigInteger difference) {
        return difference.signum() == 0 ? "=  " : "≠  ";
    }

    private static Ink ink(BigInteger difference) {
        return difference.signum() == 0 ? Ink.PLAIN : Ink.BAD;
    }
}
