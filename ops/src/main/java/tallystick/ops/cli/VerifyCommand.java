package tallystick.ops.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import javax.sql.DataSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tallystick.db.Transactions;
import tallystick.db.seal.Head;
import tallystick.db.seal.RowProof;
import tallystick.db.seal.TamperFinding;
import tallystick.db.seal.TamperResult;
import tallystick.ops.config.Settings;
import tallystick.reconcile.LedgerVerification;

@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description = {
            "Shows whether the ledger is as it was written: every row against what its batch sealed, the batches against their chain.",
            "With a head that was kept elsewhere also whether the chain was rewritten, cut off, or restored from before.",
            "With --row it proves instead that one row is included in a head, for whoever has no access to the ledger.",
            "Exit code 3 when anything is not as it was."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick verify",
            "  ./tallystick verify --head heads.jsonl --archive /archive/tallystick",
            "  ./tallystick verify --head heads.jsonl --out proof \\",
            "      --row register.decision --key decision_id=7e57b2f1-..."
        })
final class VerifyCommand implements Callable<Integer> {
    @Mixin private final CommonOptions common = new CommonOptions();

    @Option(
            names = "--head",
            paramLabel = "FILE",
            description =
                    "heads that were kept, one to a line, as `tallystick head` prints them; may be repeated")
    private List<Path> heads = new ArrayList<>();

    @Option(
            names = "--archive",
            paramLabel = "DIR",
            description = "where the files of `tallystick archive` are, to check them too")
    private Optional<Path> archive = Optional.empty();

    @Option(
            names = "--row",
            paramLabel = "TABLE",
            description = "a table, with its schema, a row of which is to be proven")
    private Optional<String> row = Optional.empty();

    @Option(
            names = "--key",
            paramLabel = "COLUMN=VALUE",
            description = "with --row: which row; bytes in hex; may be repeated")
    private Map<String, String> key = new LinkedHashMap<>();

    @Option(
            names = "--out",
            paramLabel = "FOLDER",
            description = "with --row: where to write the proof and the program that checks it")
    private Optional<Path> out = Optional.empty();

    @Override
    public Integer call() throws InterruptedException {
        requireTogether();
        Settings settings = LedgerView.settings(common);
        List<Head> published = new ArrayList<>();
        heads.forEach(file -> published.addAll(HeadFile.read(file, settings.ledger().name())));
        if (row.isPresent()) {
            prove(settings, published);
            return ExitCode.OK;
        }
        TamperResult result;
        try (TerminalProgress progress = TerminalProgress.ofThisProcess()) {
            result =
                    LedgerView.with(
                            settings,
                            (ledger, workplace) ->
                                    verified(
                                            new LedgerVerification(
                                                    ledger.dataSource(), workplace.topics()),
                                            published,
                                            progress::now));
        }
        print(common.out(), result, published);
        common.out().flush();
        return result.findings().isEmpty() ? ExitCode.OK : ExitCode.MISMATCHES;
    }

    private TamperResult verified(
            LedgerVerification verification, List<Head> published, Consumer<String> progress) {
        return archive.isPresent()
                ? verification.run(published, archive.get(), progress)
                : verification.run(published, progress);
    }

    private void requireTogether() {
        if (row.isPresent() && (key.isEmpty() || out.isEmpty())) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "--row: without %s (expected: --key COLUMN=VALUE and --out FOLDER)"
                            .formatted(key.isEmpty() ? "--key" : "--out"));
        }
        if (row.isPresent() && archive.isPresent()) {
            throw new CommandException(
                    ExitCode.BAD_INPUT, "--archive: beside --row (expected: one of them)");
        }
        if (row.isEmpty() && (!key.isEmpty() || out.isPresent())) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "%s: without --row (expected: --row TABLE)"
                            .formatted(key.isEmpty() ? "--out" : "--key"));
        }
    }

    /// Leads to the newest of the heads that were given, or to the ledger's own.
    private void prove(Settings settings, List<Head> published) throws InterruptedException {
        String ledgerName = settings.ledger().name();
        Path folder = out.orElseThrow();
        LedgerView.with(
                settings,
                (ledger, _) -> {
                    Head head =
                            published.stream()
                                    .max(Comparator.comparingLong(Head::sequence))
                                    .orElseGet(() -> HeadCommand.newest(ledger.dataSource()));
                    String proof = proof(ledger.dataSource(), ledgerName, head.sequence());
                    OutputFile.write(folder.resolve("proof.txt"), proof.getBytes(UTF_8));
                    OutputFile.write(folder.resolve("VerifyRow.java"), RowProof.verifier());
                    if (published.isEmpty()) {
                        OutputFile.write(
                                folder.resolve("heads.jsonl"),
                                (HeadFile.line(ledgerName, head) + "\n").getBytes(UTF_8));
                    }
                    return ExitCode.OK;
                });
        common.out()
                .printf(
                        "To check it, anywhere with Java 17 or newer: java %s %s %s%n",
                        folder.resolve("VerifyRow.java"),
                        folder.resolve("proof.txt"),
                        heads.isEmpty() ? folder.resolve("heads.jsonl") : heads.getFirst());
        if (heads.isEmpty()) {
            common.out()
                    .printf(
                            "No head from outside was given (--head): it is proven up to the ledger's own newest head, which is in the folder.%n");
        }
        common.out().flush();
    }

    private String proof(DataSource dataSource, String ledgerName, long head) {
        try {
            return new Transactions(dataSource)
                    .read(
                            connection ->
                                    RowProof.of(
                                            connection, ledgerName, row.orElseThrow(), key, head));
        } catch (IllegalArgumentException e) {
            throw new CommandException(ExitCode.BAD_INPUT, "--row: " + e.getMessage());
        }
    }

    private static void print(PrintWriter out, TamperResult result, List<Head> published) {
        for (TamperFinding finding : result.findings()) {
            out.println(finding.inWords());
        }
        if (result.firstBad().isPresent()) {
            out.printf(
                    "TAMPERED: findings: %d, the first bad batch is %d%n",
                    result.findings().size(), result.firstBad().getAsLong());
            return;
        }
        out.printf(
                "Untouched: %,d rows up to batch %d, head %s%n",
                result.rows(), result.head(), HexFormat.of().formatHex(result.headHash()));
        if (result.provenFrom().isPresent()) {
            out.printf("Rows are proven from batch %d on.%n", result.provenFrom().getAsLong());
        } else {
            out.printf("No batch has sealed its rows yet: nothing is proven.%n");
        }
        if (result.notSealed() > 0) {
            out.printf("%,d changes wait for the next batch to seal them.%n", result.notSealed());
        }
        if (result.archivedItems() > 0) {
            out.printf(
                    "%,d items were not computed again, as evidence of theirs is archived (--archive DIR does it).%n",
                    result.archivedItems());
        }
        if (published.isEmpty()) {
            out.printf(
                    "No head from outside was given (--head): a chain that was rewritten as a whole, or a copy from before, would not show.%n");
        } else {
            out.printf(
                    "%s from outside.%n",
                    published.size() == 1 ? "One head agrees" : published.size() + " heads agree");
        }
    }
}
