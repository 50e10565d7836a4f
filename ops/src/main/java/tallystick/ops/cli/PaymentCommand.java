package tallystick.ops.cli;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tallystick.ledger.refund.PaymentReading;
import tallystick.ops.config.Settings;
import tallystick.reconcile.PaymentBook;
import tallystick.report.PaymentJson;
import tallystick.report.PaymentPage;

@Command(
        name = "payment",
        mixinStandardHelpOptions = true,
        description = {
            "Shows a payment and its attempts, and says whether its money may be paid in another way: only when nobody can claim it any more.",
            "That follows from what node and chain show and from block heights, never from the time."
        },
        footerHeading = "%nExamples:%n",
        footer = {"  ./tallystick payment HASH", "  ./tallystick payment HASH --format json"})
final class PaymentCommand implements Callable<Integer> {
    private static final String KIND = "payment_hash:";
    private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

    @Mixin private final CommonOptions common = new CommonOptions();

    @Parameters(paramLabel = "HASH", description = "its payment hash, 64 hex digits")
    private String text = "";

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
    private TextFormat format = TextFormat.TABLE;

    @Override
    public Integer call() throws InterruptedException {
        String hash = hash();
        Settings settings = LedgerView.settings(common);
        List<PaymentReading> readings =
                LedgerView.with(
                                settings,
                                (ledger, _) -> new PaymentBook(ledger.dataSource()).of(hash))
                        .orElseThrow(() -> unknown("nothing is known under it"));
        if (readings.isEmpty()) {
            throw unknown("no node has paid it, it is a receipt or a book entry only");
        }
        common.out()
                .print(
                        switch (format) {
                            case TABLE -> new PaymentPage(Styles.ofStdout()).render(hash, readings);
                            case JSON -> new PaymentJson().render(hash, readings);
                        });
        common.out().flush();
        return ExitCode.OK;
    }

    private String hash() {
        String lower = text.strip().toLowerCase(Locale.ROOT);
        String hash = lower.startsWith(KIND) ? lower.substring(KIND.length()) : lower;
        if (!HASH.matcher(hash).matches()) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "payment: %s (expected: a payment hash, 64 hex digits)".formatted(text));
        }
        return hash;
    }

    private CommandException unknown(String why) {
        return new CommandException(
                ExitCode.BAD_INPUT,
                "payment: %s: %s (expected: the hash of a payment that a node of the fleet made)"
                        .formatted(text, why));
    }
}
