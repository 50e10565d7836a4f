package tallystick.ops.cli;

import java.time.InstantSource;
import java.util.EnumSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tallystick.ops.config.Resolved;
import tallystick.ops.config.Settings;
import tallystick.ops.embedded.EmbeddedServices.Service;
import tallystick.ops.pipeline.DeskDecisions;
import tallystick.ops.pipeline.InboxEntries;
import tallystick.ops.pipeline.Ledger;
import tallystick.ops.pipeline.Workplace;
import tallystick.reconcile.DecisionDesk;
import tallystick.serve.ApiServer;
import tallystick.serve.ServeConfig;

@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description = {
            "Answers other programs over gRPC until it is stopped.",
            "TLS 1.3; clients show certificates, and serve.clients says what each may do. Keeps nothing itself, so several may run. Beside a `run` with embedded services, start that first. What can be asked: docs/api.md."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick serve --config shop.properties",
            "  ./tallystick serve --set serve.address=0.0.0.0:7443      for other machines"
        })
final class ServeCommand implements Callable<Integer> {
    @Mixin private final CommonOptions common = new CommonOptions();

    @Override
    public Integer call() throws Exception {
        ServeConfig config = Resolved.serve(common.read().settings(), Ledger.programVersion());
        Settings settings = LedgerView.settings(common);
        return Signals.closingInOrder(() -> serve(settings, config));
    }

    private static int serve(Settings settings, ServeConfig config) throws InterruptedException {
        try (var workplace = Workplace.share(settings, EnumSet.allOf(Service.class))) {
            LedgerView.requireSchema(workplace);
            try (var ledger = Ledger.connect(workplace);
                    var entries = InboxEntries.open(workplace.kafka(), workplace.topics());
                    var api =
                            ApiServer.start(
                                    config,
                                    ledger.dataSource(),
                                    new DeskDecisions(
                                            new DecisionDesk(
                                                    ledger.dataSource(),
                                                    workplace.kafka(),
                                                    workplace.topics(),
                                                    settings.ledger().name()),
                                            () -> LedgerView.isReplay(settings)),
                                    entries,
                                    InstantSource.system())) {
                System.err.printf(
                        "tallystick: the API of ledger %s is served at %s:%d%n",
                        settings.ledger().name(),
                        api.address().getAddress().getHostAddress(),
                        api.address().getPort());
                new CountDownLatch(1).await(); // Until a signal interrupts this thread.
            }
        }
        return ExitCode.OK;
    }
}
