package tallystick.ops.cli;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tallystick.ops.config.Resolved;
import tallystick.ops.config.Settings;
import tallystick.ops.embedded.EmbeddedServices.Service;
import tallystick.ops.http.Meters;
import tallystick.ops.http.MetricsServer;
import tallystick.ops.pipeline.DeskDecisions;
import tallystick.ops.pipeline.InboxEntries;
import tallystick.ops.pipeline.Ledger;
import tallystick.ops.pipeline.Workplace;
import tallystick.reconcile.DecisionDesk;
import tallystick.serve.ApiServer;
import tallystick.serve.ServeConfig;
import tallystick.serve.mismatch.Decisions;
import tallystick.serve.web.WebConfig;
import tallystick.serve.web.WebServer;

@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description = {
            "Answers other programs over gRPC, and people with web pages, until it is stopped.",
            "Programs: TLS 1.3; clients show certificates, and serve.clients says what each may do, or tokens of an issuer at serve.bearer.address (docs/api.md). People: pages at serve.web.address, for those that `tallystick users` has added (docs/web.md); with it alone, only pages are served. Keeps nothing itself, so several may run. Beside a `run` with embedded services, start that first."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  ./tallystick serve --config shop.properties",
            "  ./tallystick serve --set serve.address=0.0.0.0:7443      for other machines",
            "  ./tallystick serve --set serve.web.address=127.0.0.1:7480       pages alone"
        })
final class ServeCommand implements Callable<Integer> {
    @Mixin private final CommonOptions common = new CommonOptions();

    /// What is asked for; at least one of both.
    private record Asked(Optional<ServeConfig> api, Optional<WebConfig> web) {}

    @Override
    public Integer call() throws Exception {
        Settings asked = common.read().settings();
        String version = Ledger.programVersion();
        Optional<ServeConfig> api =
                Resolved.isApiServed(asked)
                        ? Optional.of(Resolved.serve(asked, version))
                        : Optional.empty();
        Settings settings = LedgerView.settings(common);
        return Signals.closingInOrder(
                () -> serve(settings, new Asked(api, Resolved.web(settings, version))));
    }

    private static int serve(Settings settings, Asked asked) throws InterruptedException {
        try (var workplace = Workplace.share(settings, EnumSet.allOf(Service.class))) {
            LedgerView.requireSchema(workplace);
            try (var ledger = Ledger.connect(workplace);
                    var entries = InboxEntries.open(workplace.kafka(), workplace.topics())) {
                Decisions decisions =
                        new DeskDecisions(
                                new DecisionDesk(
                                        ledger.dataSource(),
                                        workplace.kafka(),
                                        workplace.topics(),
                                        settings.ledger().name()),
                                () -> LedgerView.isReplay(settings));
                PrometheusMeterRegistry meters = Meters.create();
                // What is not asked for is null, which is not closed.
                try (@Nullable MetricsServer _ =
                                settings.serve()
                                        .metricsAddress()
                                        .map(
                                                at ->
                                                        MetricsServer.start(
                                                                "serve.metrics-address",
                                                                at,
                                                                meters))
                                        .orElse(null);
                        @Nullable ApiServer _ =
                                asked.api()
                                        .map(
                                                config ->
                                                        api(
                                                                config, ledger, decisions, entries,
                                                                meters))
                                        .orElse(null);
                        @Nullable WebServer _ =
                                asked.web()
                                        .map(
                                                config ->
                                                        web(
                                                                config, ledger, decisions, settings,
                                                                meters))
                                        .orElse(null)) {
                    new CountDownLatch(1).await(); // Until a signal interrupts this thread.
                }
            }
        }
        return ExitCode.OK;
    }

    private static ApiServer api(
            ServeConfig config,
            Ledger ledger,
            Decisions decisions,
            InboxEntries entries,
            MeterRegistry meters) {
        var api =
                ApiServer.start(
                        config,
                        ledger.dataSource(),
                        decisions,
                        entries,
                        InstantSource.system(),
                        meters);
        config.files().ifPresent(_ -> say(config, api.address(), "certificates"));
        api.tokenAddress().ifPresent(address -> say(config, address, "tokens"));
        return api;
    }

    private static void say(ServeConfig config, InetSocketAddress address, String shown) {
        System.err.printf(
                "tallystick: the API of ledger %s is served at %s:%d, to clients with %s%n",
                config.ledger(), address.getAddress().getHostAddress(), address.getPort(), shown);
    }

    private static WebServer web(
            WebConfig config,
            Ledger ledger,
            Decisions decisions,
            Settings settings,
            MeterRegistry meters) {
        var web =
                WebServer.start(
                        config,
                        ledger.dataSource(),
                        decisions,
                        InstantSource.system(),
                        () -> LedgerView.asOf(settings),
                        meters);
        System.err.printf(
                "tallystick: the pages of ledger %s are at %s%n", config.ledger(), web.url());
        return web;
    }
}
