package tallystick.ops.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tallystick.ops.config.Settings;
import tallystick.ops.pack.EvidencePack;
import tallystick.ops.pipeline.Ledger;
import tallystick.report.day.BusinessDay;
import tallystick.report.day.ReportDesk;
import tallystick.report.figures.Amounts;

@Command(
        name = "pack",
        mixinStandardHelpOptions = true,
        description = {
            "Writes the evidence pack of a business day: its report in all formats, its journals, the auditor's questions with their answers, and the digests, in one file.",
            "The report must have been issued. The same report gives the same bytes.",
            "With --check it reads such a file and says whether all in it is as it was packed; exit code 3 when not."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick pack 2026-11-22 --out 2026-11-22.zip",
            "  ./tallystick pack --check 2026-11-22.zip"
        })
final class PackCommand implements Callable<Integer> {
    @Mixin private final CommonOptions common = new CommonOptions();

    @Parameters(arity = "0..1", paramLabel = "DAY", description = "for example 2026-11-22")
    private @Nullable LocalDate date;

    @Option(names = "--out", paramLabel = "FILE", description = "where the pack goes, a .zip")
    private @Nullable Path out;

    @Option(names = "--check", paramLabel = "FILE", description = "the pack to check")
    private @Nullable Path check;

    @Override
    public Integer call() throws InterruptedException {
        try {
            if (check != null) {
                if (date != null || out != null) {
                    throw new CommandException(
                            ExitCode.BAD_INPUT,
                            "--check: beside DAY or --out (expected: alone, with the pack to check)");
                }
                return check(check);
            }
            if (date == null || out == null) {
                throw new CommandException(
                        ExitCode.BAD_INPUT,
                        "pack: %s (expected: a DAY and --out FILE, or --check FILE)"
                                .formatted(date == null ? "no day" : "no --out"));
            }
            return write(date, out);
        } catch (IOException | UncheckedIOException e) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "pack: %s (expected: a file that can be %s)"
                            .formatted(e.getMessage(), check == null ? "written" : "read"));
        }
    }

    private int check(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "%s: no file (expected: one that `tallystick pack` wrote)".formatted(file));
        }
        List<String> differences;
        try {
            differences = EvidencePack.differences(file);
        } catch (ZipException e) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "%s: %s (expected: a .zip that `tallystick pack` wrote)"
                            .formatted(file, e.getMessage()));
        }
        differences.forEach(line -> common.out().println(line));
        common.out()
                .println(
                        differences.isEmpty()
                                ? "= Every file is as the pack's own sums say. That the pack is the one that was made, only whoever makes it again or kept its digest can tell."
                                : "! %s not as packed."
                                        .formatted(
                                                differences.size() == 1
                                                        ? "1 file is"
                                                        : differences.size() + " files are"));
        common.out().flush();
        return differences.isEmpty() ? ExitCode.OK : ExitCode.MISMATCHES;
    }

    private int write(LocalDate day, Path file) throws InterruptedException {
        Settings settings = LedgerView.settings(common);
        return LedgerView.with(
                settings,
                (ledger, _) -> {
                    try {
                        write(settings, ledger, day, file);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    return ExitCode.OK;
                });
    }

    private static void write(Settings settings, Ledger ledger, LocalDate day, Path file)
            throws IOException {
        ReportDesk desk = ledger.reports();
        ReportDesk.Made made =
                desk.issued(
                                new BusinessDay(
                                        day,
                                        settings.ledger().timeZone(),
                                        settings.report().cutOff()))
                        .orElseThrow(
                                () ->
                                        new CommandException(
                                                ExitCode.BAD_INPUT,
                                                "report: none issued of %s (expected: a day of `tallystick report list`, or `tallystick report run --day %s`)"
                                                        .formatted(day, day)));
        EvidencePack.Written written =
                new EvidencePack(
                                ledger.dataSource(),
                                desk,
                                (report, range) ->
                                        ledger.journal(ZoneId.of(report.facts().timeZone()), range))
                        .write(made, file);
        System.err.printf(
                "tallystick: %d files, %s bytes: %s%n",
                written.files(), Amounts.count(written.bytes()), file);
    }
}
