package tallystick.ops.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tallystick.db.seal.Head;
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
            "With --check it reads such a file and says whether all in it is as it was packed, and hangs together; exit code 3 when not.",
            "With --head also whether the ledger in it is the one of a head that was kept."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick pack 2026-11-22 --out 2026-11-22.zip",
            "  ./tallystick pack --check 2026-11-22.zip",
            "  ./tallystick pack --check 2026-11-22.zip --head heads.jsonl"
        })
final class PackCommand implements Callable<Integer> {
    @Mixin private final CommonOptions common = new CommonOptions();

    @Parameters(arity = "0..1", paramLabel = "DAY", description = "for example 2026-11-22")
    private @Nullable LocalDate date;

    @Option(names = "--out", paramLabel = "FILE", description = "where the pack goes, a .zip")
    private @Nullable Path out;

    @Option(names = "--check", paramLabel = "FILE", description = "the pack to check")
    private @Nullable Path check;

    @Option(
            names = "--head",
            paramLabel = "FILE",
            description =
                    "with --check: heads that were kept, one to a line, as `tallystick head` prints them; may be repeated")
    private List<Path> heads = new ArrayList<>();

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
            if (!heads.isEmpty()) {
                throw new CommandException(
                        ExitCode.BAD_INPUT, "--head: without --check (expected: --check FILE)");
            }
            if (date == null || out == null) {
                throw new CommandException(
                        ExitCode.BAD_INPUT,
                        "pack: %s (expected: a DAY and --out FILE, or --check FILE)"
                                .formatted(date == null ? "no day" : "no --out"));
            }
            return write(date, out);
        } catch (IllegalArgumentException e) {
            throw new CommandException(ExitCode.BAD_INPUT, String.valueOf(e.getMessage()));
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
        List<Head> kept = new ArrayList<>();
        EvidencePack.Checked checked;
        try {
            checked =
                    EvidencePack.check(
                            file,
                            ledger -> {
                                heads.forEach(one -> kept.addAll(HeadFile.read(one, ledger)));
                                return kept;
                            });
        } catch (ZipException e) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "%s: %s (expected: a .zip that `tallystick pack` wrote)"
                            .formatted(file, e.getMessage()));
        } catch (IllegalArgumentException e) {
            throw new CommandException(ExitCode.BAD_INPUT, String.valueOf(e.getMessage()));
        }
        List<String> differences = checked.differences();
        differences.forEach(line -> common.out().println(line));
        common.out().println(differences.isEmpty() ? whole(checked, kept) : broken(differences));
        common.out().flush();
        return differences.isEmpty() ? ExitCode.OK : ExitCode.MISMATCHES;
    }

    private static String broken(List<String> differences) {
        return differences.size() == 1
                ? "! 1 thing is not as it was packed."
                : "! %d things are not as they were packed.".formatted(differences.size());
    }

    private static String whole(EvidencePack.Checked checked, List<Head> kept) {
        String holds =
                "= Every file is as the pack's own sums say, the report's parts are those of its seal, and %s lead to its head."
                        .formatted(
                                checked.batches() == 1
                                        ? "1 batch"
                                        : Amounts.count(checked.batches()) + " batches");
        return kept.isEmpty()
                ? holds
                        + " No head from outside was given (--head): that the pack is the one that was made, only who keeps a head or makes it again can tell."
                : holds + " The heads that were kept agree.";
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
        OutputFile.makeFolder(file);
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
