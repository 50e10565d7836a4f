package tallystick.report;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tallystick.db.report.ProofsReading;
import tallystick.db.report.ProofsReading.Bridge;
import tallystick.db.report.ProofsReading.Movement;
import tallystick.db.report.ProofsReading.NodeProof;
import tallystick.db.report.ProofsReading.Stored;
import tallystick.ledger.proof.ChannelProof;
import tallystick.ledger.proof.Course;
import tallystick.ledger.proof.Interval;
import tallystick.ledger.proof.Proof;
import tallystick.ledger.proof.Proven;
import tallystick.ledger.proof.Total;
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

/// Stored proofs for a terminal: of each node its channels, their total and its wallet, and what moved them.
public final class ProofTable {
    private static final Amounts AMOUNTS = Amounts.TERMINAL;
    private static final List<Column> COLUMNS =
            List.of(
                    Column.text("Account").cutTo(17),
                    Column.number("Ledger"),
                    Column.number("Node, at least").droppedAs(2),
                    Column.number("Node, at most").droppedAs(1),
                    Column.number("Off by, msat"),
                    Column.text("Result"));
    private static final List<Column> BRIDGE =
            List.of(
                    Column.text("What moved it").cutTo(13),
                    Column.number("Channels"),
                    Column.number("Wallet"),
                    Column.number("Transfers").droppedAs(1));

    private final TerminalStyle style;

    public ProofTable(TerminalStyle style) {
        this.style = style;
    }

    public String render(ProofsReading reading) {
        TextPage page = new TextPage(style);
        page.say("Amounts in sat; the digits after the point are msat.");
        page.blank();
        if (reading.nodes().isEmpty()) {
            page.say("No node has told its balances yet.");
            page.blank();
        }
        for (NodeProof node : reading.nodes()) {
            add(page, node);
        }
        page.say(
                "Clearing at sequence %d: %s sat, the items' residues: %s sat. Debits less credits: %s msat."
                        .formatted(
                                reading.sequence(),
                                AMOUNTS.sat(reading.clearingMsat()),
                                AMOUNTS.sat(reading.itemsMsat()),
                                AMOUNTS.msat(reading.trialBalanceMsat())));
        page.blank();
        page.say("", conclusion(reading), reading.foots() ? Ink.GOOD : Ink.BAD);
        return page.toString();
    }

    private static String conclusion(ProofsReading reading) {
        if (reading.foots()) {
            return isComplete(reading) ? "All foots." : "All foots that can be told now.";
        }
        if (!reading.identityHolds()) {
            return "The ledger itself does not foot.";
        }
        String names =
                reading.nodes().stream()
                        .filter(node -> !node.foots())
                        .map(ProofTable::name)
                        .collect(Collectors.joining(", "));
        return names.isEmpty() ? "Nothing is proven yet." : "Not proven: " + names + ".";
    }

    private static boolean isComplete(ProofsReading reading) {
        return reading.nodes().stream()
                .flatMap(node -> node.stored().stream())
                .allMatch(stored -> stored.proven().proof().isComplete());
    }

    private static String name(NodeProof node) {
        return NodeNames.name(node.pubkey(), node.alias());
    }

    private void add(TextPage page, NodeProof node) {
        Optional<Stored> stored = node.stored();
        if (stored.isEmpty()) {
            page.say(name(node) + ": no proof is stored yet.");
            page.blank();
            return;
        }
        Proven proven = stored.get().proven();
        Proof proof = proven.proof();
        page.say(
                "%s, as it said at %s, against ledger sequence %d:"
                        .formatted(
                                name(node),
                                Times.stamp(proof.reading().observedAt()),
                                proof.sequence()));
        page.blank();
        TextTable table = new TextTable(style, COLUMNS);
        proof.channels().forEach(channel -> table.row(row(channel, proven.course(channel))));
        table.rule();
        table.sum(
                proof.local()
                        .map(total -> row("all channels", total, proven.local()))
                        .orElseGet(ProofTable::notTold));
        table.sum(row("wallet", proof.wallet(), proven.wallet()));
        page.table(table.doubleRule()).blank();
        sayKept(page, proof);
        explain(page, proof);
        page.table(bridge(stored.get())).blank();
        missing(page, "Channels", stored.get().channels());
        missing(page, "Wallet", stored.get().wallet());
    }

    private static Cell[] row(ChannelProof channel, Course course) {
        Interval claim = channel.figures().claim();
        OptionalLong residual = channel.residualMsat();
        return new Cell[] {
            Cell.of(Hashes.shortened(channel.channelPoint())),
            Cell.of(AMOUNTS.sat(channel.ledgerMsat())),
            Cell.of(AMOUNTS.sat(claim.lowMsat())),
            Cell.of(AMOUNTS.sat(claim.highMsat())),
            Cell.of(residual.isPresent() ? AMOUNTS.msat(residual.getAsLong()) : "-"),
            result(residual, "", course),
        };
    }

    private static Cell[] row(String account, Total total, Course course) {
        String node = AMOUNTS.sat(total.nodeMsat());
        return new Cell[] {
            Cell.of(account),
            Cell.of(AMOUNTS.sat(total.ledgerMsat())),
            Cell.of(node),
            Cell.of(node),
            Cell.of(AMOUNTS.msat(total.residualMsat())),
            result(OptionalLong.of(total.residualMsat()), total.explanation(), course),
        };
    }

    private static Cell[] notTold() {
        return new Cell[] {
            Cell.of("all channels"),
            Cell.of("-"),
            Cell.of("-"),
            Cell.of("-"),
            Cell.of("-"),
            Cell.of("not known"),
        };
    }

    private static Cell result(OptionalLong residual, String explanation, Course course) {
        if (residual.isEmpty()) {
            return Cell.of("not known");
        }
        if (residual.getAsLong() == 0) {
            return new Cell("proven", Ink.GOOD);
        }
        if (!explanation.isEmpty()) {
            return Cell.of("explained");
        }
        return new Cell(course.isDrifting() ? "drift" : "off", Ink.BAD);
    }

    /// Why the lines of the channels sum to more than that of all channels.
    private static void sayKept(TextPage page, Proof proof) {
        long held =
                proof.channels().stream()
                        .mapToLong(ChannelProof::ledgerMsat)
                        .reduce(0, Math::addExact);
        long kept = Math.subtractExact(held, proof.local().map(Total::ledgerMsat).orElse(held));
        if (kept > 0) {
            page.say(
                    "all channels: %s sat less than their sum, for fees and anchors of their commitments."
                            .formatted(AMOUNTS.sat(kept)));
            page.blank();
        }
    }

    private static void explain(TextPage page, Proof proof) {
        List<String> lines =
                Stream.concat(
                                proof.channels().stream()
                                        .filter(one -> !one.explanation().isEmpty())
                                        .map(
                                                one ->
                                                        "%s: %s."
                                                                .formatted(
                                                                        Hashes.shortened(
                                                                                one.channelPoint()),
                                                                        one.explanation())),
                                Stream.of(proof.wallet().explanation())
                                        .filter(text -> !text.isEmpty())
                                        .map(text -> "wallet: explained by %s.".formatted(text)))
                        .toList();
        lines.forEach(page::say);
        if (!lines.isEmpty()) {
            page.blank();
        }
    }

    private TextTable bridge(Stored stored) {
        TextTable table = new TextTable(style, BRIDGE);
        table.row(
                Cell.of("opening"),
                Cell.of(AMOUNTS.sat(stored.channels().openingMsat())),
                Cell.of(AMOUNTS.sat(stored.wallet().openingMsat())),
                Cell.EMPTY);
        Map<String, Movement> channels = byCategory(stored.channels());
        Map<String, Movement> wallet = byCategory(stored.wallet());
        TreeSet<String> categories = new TreeSet<>(channels.keySet());
        categories.addAll(wallet.keySet());
        for (String category : categories) {
            Optional<Movement> inChannels = Optional.ofNullable(channels.get(category));
            Optional<Movement> inWallet = Optional.ofNullable(wallet.get(category));
            table.row(
                    Cell.of(category),
                    moved(inChannels),
                    moved(inWallet),
                    Cell.of(
                            Amounts.count(
                                    inChannels.map(Movement::transfers).orElse(0L)
                                            + inWallet.map(Movement::transfers).orElse(0L))));
        }
        table.rule();
        table.sum(
                Cell.of("closing"),
                Cell.of(AMOUNTS.sat(stored.channels().closingMsat())),
                Cell.of(AMOUNTS.sat(stored.wallet().closingMsat())),
                Cell.EMPTY);
        return table.doubleRule();
    }

    private static Map<String, Movement> byCategory(Bridge bridge) {
        return bridge.movements().stream()
                .collect(Collectors.toMap(Movement::category, movement -> movement));
    }

    private static Cell moved(Optional<Movement> movement) {
        return Cell.of(movement.map(one -> AMOUNTS.signedSat(one.msat())).orElse("-"));
    }

    private static void missing(TextPage page, String account, Bridge bridge) {
        BigInteger missing = bridge.missingMsat();
        if (missing.signum() != 0) {
            page.say(
                    "",
                    "%s: the movements do not add up to the closing, %s msat are missing."
                            .formatted(account, AMOUNTS.msat(missing)),
                    Ink.BAD);
            page.blank();
        }
    }
}
