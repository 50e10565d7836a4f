package tallystick.ops.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tallystick.db.seal.Head;
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
            "Exit code 3 when anything is not as it was."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  ./tallystick verify", "  ./tallystick verify --head heads.jsonl"})
final class VerifyCommand implements Callable<Integer> {
    @Mixin private final CommonOptions common = new CommonOptions();

    @Option(
            names = "--head",
            paramLabel = "FILE",
            description =
                    "heads that were kept, one to a line, as `tallystick head` prints them; may be repeated")
    private List<Path> heads = new ArrayList<>();

    @Override
    public Integer call() throws InterruptedException {
        Settings settings = LedgerView.settings(common);
        List<Head> published = new ArrayList<>();
        heads.forEach(file -> published.addAll(HeadFile.read(file, settings.ledger().name())));
        TamperResult result;
        try (TerminalProgress progress = TerminalProgress.ofThisProcess()) {
            result =
                    LedgerView.with(
                            settings,
                            (ledger, workplace) ->
                                    new LedgerVerification(ledger.dataSource(), workplace.topics())
                                            .run(published, progress::now));
        }
        print(common.out(), result, published);
        common.out().flush();
        return result.findings().isEmpty() ? ExitCode.OK : ExitCode.MISMATCHES;
    }

    private static void print(PrintWriter out, TamperResult result, List<Head> published) {
        for (TamperFinding finding : result.findings()) {
            out.printf("batch %d: %s: %s%n", finding.sequence(), finding.where(), finding.what());
        }
        if (result.firstBad().isPresent()) {
            out.printf(
                    "TAMPERED: %d findings, the first bad batch is %d%n",
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
        if (published.isEmpty()) {
            out.printf(
                    "No head from outside was given (--head): a chain that was rewritten as a whole, or a copy from before, would not show.%n");
        } else {
            out.printf("%d heads from outside agree.%n", published.size());
        }
    }
}
