package tallystick.ops.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tallystick.db.report.ProofsReader;
import tallystick.db.report.ProofsReading;
import tallystick.db.report.ProofsReading.NodeProof;
import tallystick.ops.config.Settings;
import tallystick.report.ProofJson;
import tallystick.report.ProofTable;

@Command(
        name = "prove",
        mixinStandardHelpOptions = true,
        description = {
            "Shows whether the ledger holds what the nodes say, to the millisatoshi.",
            "Of each node its newest proof: channels, wallet, and by what movements they came to that.",
            "Exit code 3 when anything does not foot, or is not proven yet."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick prove",
            "  ./tallystick prove --node alice --at 1200",
            "  ./tallystick prove --format json > proof.json"
        })
final class ProveCommand implements Callable<Integer> {
    @Mixin private final CommonOptions common = new CommonOptions();

    @Option(
            names = "--node",
            paramLabel = "NODE",
            description = "alias, or first digits of the key")
    private @Nullable String node;

    @Option(
            names = "--at",
            paramLabel = "SEQUENCE",
            description =
                    "as of this ledger sequence: the last proofs up to it, clearing and trial balance (default: the newest)")
    private long at = Long.MAX_VALUE;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
    private TextFormat format = TextFormat.TABLE;

    @Override
    public Integer call() throws InterruptedException {
        if (at < 0) {
            throw new CommandException(
                    ExitCode.BAD_INPUT, "--at: %d (expected: 0 or more)".formatted(at));
        }
        Settings settings = LedgerView.settings(common);
        ProofsReading all =
                LedgerView.with(
                        settings,
                        (ledger, _) ->
                                new ProofsReader(ledger.dataSource(), settings.ledger().name())
                                        .read(at));
        if (at != Long.MAX_VALUE && at > all.sequence()) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "--at: %d (expected: at most %d, the newest)".formatted(at, all.sequence()));
        }
        ProofsReading reading =
                node == null
                        ? all
                        : all.of(
                                NodeChoice.of(
                                        node, all.nodes(), NodeProof::pubkey, NodeProof::alias));
        common.out()
                .print(
                        switch (format) {
                            case TABLE -> new ProofTable(Styles.ofStdout()).render(reading);
                            case JSON -> new ProofJson().render(reading);
                        });
        common.out().flush();
        return reading.foots() ? ExitCode.OK : ExitCode.MISMATCHES;
    }
}
