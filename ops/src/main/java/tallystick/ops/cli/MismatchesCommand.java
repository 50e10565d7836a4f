package tallystick.ops.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tallystick.db.report.LedgerReading;
import tallystick.db.report.LedgerReading.Pair;
import tallystick.ledger.mismatch.Code;
import tallystick.report.JsonReport;
import tallystick.report.MismatchCsv;
import tallystick.report.MismatchFilter;
import tallystick.report.MismatchTable;
import tallystick.report.WaitingTable;
import tallystick.report.figures.NodeNames;
import tallystick.report.figures.Severity;

@Command(
        name = "mismatches",
        mixinStandardHelpOptions = true,
        description = "Shows what is open, worst first.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick mismatches --limit 12",
            "  ./tallystick mismatches --code SETTLED_NOT_BOOKED --node alice",
            "  ./tallystick mismatches --severity high --csv > open.csv",
            "  ./tallystick mismatches --waiting"
        })
final class MismatchesCommand implements Callable<Integer> {
    private static final int LIMIT = 25;

    @Mixin private final CommonOptions common = new CommonOptions();

    @Option(names = "--code", paramLabel = "CODE", description = "only this code")
    private @Nullable String code;

    @Option(
            names = "--node",
            paramLabel = "NODE",
            description = "alias, or first digits of the key")
    private @Nullable String node;

    @Option(
            names = "--severity",
            paramLabel = "SEVERITY",
            description = "this or worse: ${COMPLETION-CANDIDATES}")
    private @Nullable Severity severity;

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "lines shown (default: " + LIMIT + ")")
    private int limit = LIMIT;

    @Option(names = "--all", description = "every line")
    private boolean all;

    @Option(
            names = "--waiting",
            description = "what is not due yet instead, and until when it waits")
    private boolean waiting;

    @ArgGroup private @Nullable Format format;

    @Option(
            names = "--fail-on-mismatch",
            description = "exit code 3 when anything of what was asked for is open")
    private boolean failOnMismatch;

    private static String knownCode(String text) {
        String wanted = text.strip().toUpperCase(Locale.ROOT).replace('-', '_');
        List<String> codes = Arrays.stream(Code.values()).map(Code::name).toList();
        if (codes.contains(wanted)) {
            return wanted;
        }
        throw new CommandException(
                ExitCode.BAD_INPUT,
                "--code: %s (expected: one of %s)".formatted(text, String.join(", ", codes)));
    }

    private void requireSense() {
        boolean narrowed = code != null || severity != null || failOnMismatch;
        if (waiting && (narrowed || (format != null && format.csv))) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "--waiting: with --code, --severity, --csv or --fail-on-mismatch (expected: none of these, as what waits is no mismatch yet)");
        }
    }

    private void showWaiting(LedgerReading reading, MismatchFilter filter) {
        List<Pair> found = filter.waiting(reading);
        boolean isJson = format != null && format.json;
        common.out()
                .print(
                        isJson
                                ? new JsonReport().waiting(reading, found)
                                : new WaitingTable(Styles.ofStdout())
                                        .render(reading, found, all ? Integer.MAX_VALUE : limit));
        common.out().flush();
    }

    static final class Format {
        @Option(names = "--json", description = "for programs: msat, times in RFC 3339")
        private boolean json;

        @Option(names = "--csv", description = "for spreadsheets")
        private boolean csv;
    }

    @Override
    public Integer call() throws InterruptedException {
        if (limit < 1) {
            throw new CommandException(
                    ExitCode.BAD_INPUT, "--limit: %d (expected: 1 or more)".formatted(limit));
        }
        var filter =
                new MismatchFilter(
                        Optional.ofNullable(code).map(MismatchesCommand::knownCode),
                        Optional.ofNullable(severity),
                        Optional.ofNullable(node),
                        Optional.empty());
        requireSense();
        var reading = LedgerView.read(common);
        if (node != null && !filter.isNodeKnown(reading)) {
            throw NodeChoice.unknown(
                    node,
                    reading.nodes().stream().map(one -> NodeNames.name(one.pubkey(), one.alias())));
        }
        if (waiting) {
            showWaiting(reading, filter);
            return ExitCode.OK;
        }
        var found = filter.mismatches(reading);
        if (format != null && format.json) {
            common.out()
                    .print(
                            new JsonReport()
                                    .mismatches(reading, found, filter.information(reading)));
        } else if (format != null && format.csv) {
            common.out().print(new MismatchCsv().render(found));
        } else {
            common.out()
                    .print(
                            new MismatchTable(Styles.ofStdout())
                                    .render(reading, filter, all ? Integer.MAX_VALUE : limit));
        }
        common.out().flush();
        return failOnMismatch && !found.isEmpty() ? ExitCode.MISMATCHES : ExitCode.OK;
    }
}
