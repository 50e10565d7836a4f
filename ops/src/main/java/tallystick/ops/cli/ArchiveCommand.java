package tallystick.ops.cli;

import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.YearMonth;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tallystick.db.Database;
import tallystick.db.Role;
import tallystick.db.Transactions;
import tallystick.db.archive.EvidenceArchive;
import tallystick.ops.config.Settings;
import tallystick.ops.embedded.EmbeddedServices.Service;
import tallystick.ops.pipeline.Workplace;

@Command(
        name = "archive",
        mixinStandardHelpOptions = true,
        description = {
            "Moves evidence of months that are over to files, one a month. Its digests, the ledger and the register stay.",
            "`verify` still passes, and with `--archive DIR` computes all of it again. Journals and packs of these months need the evidence: make them before."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick archive --before 2026-01 --to /archive/tallystick",
            "  ./tallystick verify --archive /archive/tallystick"
        })
final class ArchiveCommand implements Callable<Integer> {
    @Mixin private final CommonOptions common = new CommonOptions();

    @Mixin private final PersonOptions who = new PersonOptions();

    @Option(
            names = "--before",
            paramLabel = "MONTH",
            required = true,
            description = "the first month that stays, in UTC, for example 2026-01")
    private String before = "";

    @Option(
            names = "--to",
            paramLabel = "DIR",
            required = true,
            description = "the folder that takes the files; keep them as you keep backups")
    private Path folder = Path.of("");

    @Override
    public Integer call() throws InterruptedException {
        YearMonth first = month();
        Settings settings = LedgerView.settings(common);
        try (var workplace = Workplace.share(settings, EnumSet.of(Service.POSTGRES))) {
            LedgerView.requireSchema(workplace);
            String person = who.signIn(workplace.database());
            try (var database = Database.connect(workplace.database(), Role.ARCHIVIST)) {
                archive(
                        new EvidenceArchive(new Transactions(database.dataSource())),
                        first,
                        person);
            }
        } catch (UncheckedIOException e) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "--to: %s (expected: a folder that can be written): %s"
                            .formatted(folder, e.getMessage()));
        }
        return ExitCode.OK;
    }

    private YearMonth month() {
        try {
            return YearMonth.parse(before);
        } catch (DateTimeException e) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "--before: %s (expected: a month such as 2026-01)".formatted(before),
                    e);
        }
    }

    private void archive(EvidenceArchive archive, YearMonth first, String person) {
        int months = 0;
        Optional<EvidenceArchive.Month> month = archive.next(first);
        while (month.isPresent()) {
            EvidenceArchive.Archived done = archive.archive(month.get(), folder, person);
            common.out()
                    .printf(
                            "%s: batches %d to %d, %,d rows, in %s%nSHA-256 %s%n",
                            month.get().month(),
                            month.get().firstSequence(),
                            month.get().lastSequence(),
                            done.chunks(),
                            folder.resolve(month.get().file()),
                            HexFormat.of().formatHex(done.fileDigest()));
            common.out().flush();
            months++;
            month = archive.next(first);
        }
        if (months == 0) {
            common.out()
                    .printf(
                            "Nothing to archive: no month before %s is over in this ledger and still in it.%n",
                            first);
            common.out().flush();
        }
    }
}
