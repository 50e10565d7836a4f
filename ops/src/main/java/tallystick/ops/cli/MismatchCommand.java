package tallystick.ops.cli;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tallystick.db.report.LedgerReading;
import tallystick.db.report.LedgerReading.Mismatch;
import tallystick.db.report.LedgerReading.Pair;
import tallystick.ledger.decision.Decision;
import tallystick.ops.config.Settings;
import tallystick.reconcile.DecisionBook;
import tallystick.report.MismatchDetail;
import tallystick.report.MismatchFilter;
import tallystick.report.MismatchTable;
import tallystick.report.WaitingTable;
import tallystick.report.figures.Amounts;
import tallystick.report.figures.Times;
import tallystick.report.terminal.Ink;
import tallystick.report.terminal.TextPage;

@Command(
        name = "mismatch",
        mixinStandardHelpOptions = true,
        description =
                "Shows one mismatch: what is wrong, both halves, what to do; or decides about it.",
        subcommands = {
            MismatchDecisions.Resolve.class,
            MismatchDecisions.Ignore.class,
            MismatchDecisions.Approve.class,
            MismatchDecisions.Confirm.class,
            MismatchDecisions.Comment.class,
            MismatchDecisions.Assign.class
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick mismatch ca0f5515       by a part of its reference",
            "  ./tallystick mismatch ord-00044      by its order",
            "  ./tallystick mismatch ord-00044 ignore --until 2026-12-31 --reason \"lost\""
        })
final class MismatchCommand implements Callable<Integer> {
    private static final int LIMIT = 25;

    @Mixin private final CommonOptions common = new CommonOptions();

    @Parameters(
            paramLabel = "ID",
            description = "its id, reference or order, or a part that no other has")
    private String id = "";

    CommonOptions common() {
        return common;
    }

    /// Nothing is a part of everything.
    private void requireId() {
        if (id.isBlank()) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "mismatch: no ID (expected: a part of an id, reference or order; `tallystick mismatches` lists what is open)");
        }
    }

    /// The one mismatch that is meant.
    Mismatch only(LedgerReading reading) {
        requireId();
        List<Mismatch> found = MismatchFilter.finding(id).mismatches(reading);
        if (found.size() != 1) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "mismatch: %s names %d open ones (expected: a part of the id, reference or order of exactly one)"
                            .formatted(id, found.size()));
        }
        return found.getFirst();
    }

    @Override
    public Integer call() throws InterruptedException {
        requireId();
        Settings settings = LedgerView.settings(common);
        String text =
                LedgerView.with(
                        settings,
                        (ledger, _) ->
                                text(
                                        ledger.read(LedgerView.asOf(settings)),
                                        new DecisionBook(ledger.dataSource())));
        common.out().print(text);
        common.out().flush();
        return ExitCode.OK;
    }

    private String text(LedgerReading reading, DecisionBook decisions) {
        var filter = MismatchFilter.finding(id);
        List<Mismatch> found = found(reading, filter);
        List<Pair> waiting = found.isEmpty() ? filter.waiting(reading) : List.of();
        if (waiting.size() == 1) {
            return new WaitingTable(Styles.ofStdout()).render(reading, waiting.getFirst());
        }
        if (!waiting.isEmpty()) {
            return new WaitingTable(Styles.ofStdout()).render(reading, waiting, LIMIT);
        }
        if (found.isEmpty()) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "mismatch: %s (expected: a part of the id, reference or order of an open one; `tallystick mismatches` lists them, `mismatches --waiting` what is not due yet)"
                            .formatted(id));
        }
        return text(reading, filter, found)
                + found.stream()
                        .map(mismatch -> decided(decisions.about(mismatch.id())))
                        .collect(Collectors.joining());
    }

    /// What people have decided about it so far.
    private String decided(List<Decision> decisions) {
        var page = new TextPage(Styles.ofStdout());
        for (Decision one : decisions) {
            page.say(
                    "Decision %s at %s by %s: %s%s."
                            .formatted(
                                    one.id(),
                                    Times.stamp(one.decidedAt()),
                                    one.person(),
                                    one.kind().name().toLowerCase(Locale.ROOT).replace('_', ' ')
                                            + (one.assignee().isEmpty()
                                                    ? ""
                                                    : " to " + one.assignee()),
                                    one.reason().isEmpty() ? "" : ", " + one.reason()));
            if (one.adjustmentMsat() != 0 && !isApproved(one, decisions)) {
                page.say(
                        "It moves %s sat to %s once another person approves:"
                                .formatted(
                                        Amounts.TERMINAL.signedSat(one.adjustmentMsat()),
                                        one.account()));
                page.say(
                        "  ",
                        "./tallystick mismatch %s approve %s".formatted(id, one.id()),
                        Ink.PLAIN);
            }
        }
        return page.toString();
    }

    private static boolean isApproved(Decision decision, List<Decision> all) {
        return all.stream()
                .anyMatch(
                        other ->
                                other.approves().equals(decision.id())
                                        && !other.person().equals(decision.person()));
    }

    private static List<Mismatch> found(LedgerReading reading, MismatchFilter filter) {
        return Stream.concat(
                        filter.mismatches(reading).stream(), filter.information(reading).stream())
                .toList();
    }

    private static String text(LedgerReading reading, MismatchFilter filter, List<Mismatch> found) {
        var style = Styles.ofStdout();
        boolean isOneItem = found.stream().map(Mismatch::reference).distinct().count() == 1;
        if (!isOneItem) {
            return new MismatchTable(style).render(reading, filter, LIMIT);
        }
        var detail = new MismatchDetail(style);
        return String.join(
                System.lineSeparator(),
                found.stream().map(mismatch -> detail.render(reading, mismatch)).toList());
    }
}
