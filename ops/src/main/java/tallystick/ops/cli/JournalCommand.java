package tallystick.ops.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tallystick.ops.config.Settings;
import tallystick.ops.journal.LedgerJournal;
import tallystick.ops.pipeline.Ledger;
import tallystick.ops.pipeline.Workplace;
import tallystick.report.journal.Journal;

@Command(
        name = "journal",
        mixinStandardHelpOptions = true,
        description = {
            "Writes what the ledger has posted as a journal of hledger or beancount, or as bank statements (camt.053), by business day.",
            "Each journal says what every account must hold at its end, which those programs check. It is what the daily report says.",
            "What happened before the first day is in its opening balances.",
            "It says so when it is provisional: the last day is not over, or not every node was read past its end."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick journal --format hledger --out ledger.journal",
            "  ./tallystick journal --format beancount --from 2026-11-01 --out nov.beancount",
            "  ./tallystick journal --format camt053 --day 2026-11-22 --out 2026-11-22.xml"
        })
final class JournalCommand implements Callable<Integer> {
    @Mixin private final CommonOptions common = new CommonOptions();

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            required = true,
            description = "${COMPLETION-CANDIDATES}")
    private Journal.Format format = Journal.Format.HLEDGER;

    @Option(
            names = "--from",
            paramLabel = "DAY",
            description = "the first business day (default: that of the first entry)")
    private @Nullable LocalDate from;

    @Option(
            names = "--to",
            paramLabel = "DAY",
            description = "the last business day (default: that of the last entry)")
    private @Nullable LocalDate to;

    @Option(names = "--day", paramLabel = "DAY", description = "this one day")
    private @Nullable LocalDate day;

    @Option(
            names = "--as-known-at",
            paramLabel = "SEQUENCE",
            description = "as known at this ledger sequence (default: the newest)")
    private @Nullable Long sequence;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "file to write to (default: stdout)")
    private @Nullable Path out;

    @Override
    public Integer call() throws InterruptedException {
        if (day != null && (from != null || to != null)) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "--day: %s beside --from or --to (expected: one day, or the first and the last)"
                            .formatted(day));
        }
        if (from != null && to != null && to.isBefore(from)) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "--from: %s after --to %s (expected: the first day not after the last)"
                            .formatted(from, to));
        }
        if (sequence != null && sequence < 0) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "--as-known-at: %d (expected: 0 or more)".formatted(sequence));
        }
        Settings settings = LedgerView.settings(common);
        LedgerJournal.Range range =
                new LedgerJournal.Range(
                        Optional.ofNullable(day == null ? from : day),
                        Optional.ofNullable(day == null ? to : day),
                        Optional.ofNullable(sequence),
                        LedgerView.asOf(settings).truncatedTo(ChronoUnit.SECONDS));
        return LedgerView.with(
                settings,
                (ledger, workplace) -> {
                    try {
                        write(ledger, workplace, range);
                    } catch (IOException e) {
                        throw out == null
                                ? new UncheckedIOException(e)
                                : OutputFile.notWritten(out);
                    }
                    return ExitCode.OK;
                });
    }

    private void write(Ledger ledger, Workplace workplace, LedgerJournal.Range range)
            throws IOException {
        try (LedgerJournal journal =
                ledger.journal(workplace.settings().ledger().timeZone(), range)) {
            if (journal.head().isProvisional()) {
                System.err.println("tallystick: " + journal.head().provisional());
            }
            if (out == null) {
                journal.write(format, common.out());
                common.out().flush();
                return;
            }
            OutputFile.makeFolder(out);
            journal.write(format, out);
            System.err.printf(
                    "tallystick: %d entries from %s to %s, as known at ledger sequence %d: %s%n",
                    journal.count(),
                    journal.head().from(),
                    journal.head().closing(),
                    journal.head().sequence(),
                    out);
        } catch (IllegalArgumentException e) {
            throw new CommandException(ExitCode.BAD_INPUT, String.valueOf(e.getMessage()));
        }
    }
}
