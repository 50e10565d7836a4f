package tallystick.ops.cli;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;
import tallystick.db.report.LedgerReading;
import tallystick.db.report.LedgerReading.Mismatch;
import tallystick.report.MismatchDetail;
import tallystick.report.MismatchFilter;
import tallystick.report.MismatchTable;

@Command(
        name = "mismatch",
        mixinStandardHelpOptions = true,
        description =
                "Shows one mismatch: what is wrong, both halves, what to do; or decides about it.",
        subcommands = {
            MismatchDecisions.Resolve.class,
            MismatchDecisions.Ignore.class,
            MismatchDecisions.Approve.class,
            MismatchDecisions.Confirm.class
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick mismatch ca0f5515       by a part of its reference",
            "  ./tallystick mismatch ord-00044      by its order",
            "  ./tallystick mismatch ord-00044 ignore --until 2026-12-31 --reason \"in dispute\""
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

    /// The one mismatch that is meant.
    Mismatch only(LedgerReading reading) {
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
        var reading = LedgerView.read(common);
        var filter = MismatchFilter.finding(id);
        List<Mismatch> found = found(reading, filter);
        if (found.isEmpty()) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "mismatch: %s (expected: a part of the id, reference or order of an open one; `tallystick mismatches` lists them)"
                            .formatted(id));
        }
        common.out().print(text(reading, filter, found));
        common.out().flush();
        return ExitCode.OK;
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
