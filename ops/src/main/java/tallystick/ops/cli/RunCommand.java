package tallystick.ops.cli;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tallystick.ops.config.ConfigurationException;
import tallystick.ops.config.DurationText;
import tallystick.ops.config.Settings;
import tallystick.ops.pipeline.LiveRun;
import tallystick.ops.pipeline.Workplace;
import tallystick.report.TerminalReport;

@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = {
            "Follows the configured nodes until it is stopped.",
            "What they say is reconciled with the books as it comes. Without kafka.bootstrap-servers and database.url it brings its own broker and database."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick run --config shop.properties",
            "  ./tallystick run --once --fail-on-mismatch      how things stand, for scripts",
            "  ./tallystick run --set nodes.alice.address=10.0.0.5:10009 \\",
            "      --set nodes.alice.tls-certificate=alice/tls.cert \\",
            "      --set nodes.alice.macaroon=alice/readonly.macaroon"
        })
final class RunCommand implements Callable<Integer> {
    @Mixin private final CommonOptions common = new CommonOptions();

    @Option(names = "--once", description = "read every node once, print how things stand, and end")
    private boolean once;

    @Option(
            names = "--wait",
            paramLabel = "DURATION",
            description = "with --once: how long a node may take (default: ${DEFAULT-VALUE})")
    private String wait = "60s";

    @Option(
            names = "--fail-on-mismatch",
            description = "with --once: exit code 3 when mismatches are open")
    private boolean failOnMismatch;

    @Override
    public Integer call() throws Exception {
        Duration limit = limit();
        Settings settings = common.settings();
        requireNodes(settings);
        return Signals.closingInOrder(() -> run(settings, limit));
    }

    static void requireNodes(Settings settings) {
        if (settings.nodes().isEmpty()) {
            throw new ConfigurationException(
                    List.of(
                            "nodes: none (expected: at least one, as nodes.<alias>.address, .tls-certificate and .macaroon)"));
        }
    }

    private int run(Settings settings, Duration limit) throws InterruptedException {
        try (var progress = TerminalProgress.ofThisProcess()) {
            progress.now("Starting broker and database");
            try (var workplace = Workplace.own(settings);
                    var run = LiveRun.start(workplace)) {
                LedgerView.forgetAsOf(settings.data().directory());
                progress.done("Ledger %s ready".formatted(settings.ledger().name()));
                if (!once) {
                    run.untilStopped(inWords -> System.err.println("tallystick: " + inWords));
                }
                var reading = run.once(limit, progress::now);
                common.out().print(new TerminalReport(Styles.ofStdout()).overview(reading));
                common.out().flush();
                return failOnMismatch && !reading.mismatches().isEmpty()
                        ? ExitCode.MISMATCHES
                        : ExitCode.OK;
            }
        }
    }

    private Duration limit() {
        try {
            return DurationText.parse(wait);
        } catch (IllegalArgumentException e) {
            throw new CommandException(
                    ExitCode.BAD_INPUT,
                    "--wait: %s (expected: %s)".formatted(wait, e.getMessage()),
                    e);
        }
    }
}
