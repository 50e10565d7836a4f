package tallystick.ops.cli;

import java.io.PrintWriter;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import tallystick.db.Database;
import tallystick.ops.config.Settings;
import tallystick.ops.pipeline.DeskDecisions;
import tallystick.ops.pipeline.Ledger;
import tallystick.ops.pipeline.ReplayPipeline;
import tallystick.ops.pipeline.Workplace;
import tallystick.reconcile.DecisionDesk;
import tallystick.reconcile.ReconcileConfig;
import tallystick.reconcile.Reconciler;
import tallystick.report.day.BusinessDay;
import tallystick.serve.web.WebConfig;
import tallystick.serve.web.WebServer;
import tallystick.serve.web.access.People;

/// Serves the demo's ledger to a person: its day's report, two people to sign in as, and a worker that applies what they decide.
/// The clock goes on from the moment of the replay.
final class DemoPages {
    private static final Duration LOOK = Duration.ofSeconds(1);

    private static final int PASSWORD_BYTES = 12;

    private final Settings settings;
    private final Clock clock;
    private final Instant asOf;
    private final LocalDate day;
    private final PrintWriter terminal;

    /// @param asOf the replay's moment
    /// @param day that was recorded
    DemoPages(Settings settings, Instant asOf, LocalDate day, PrintWriter terminal) {
        this.settings = settings;
        this.clock = Clock.offset(Clock.systemUTC(), Duration.between(Instant.now(), asOf));
        this.asOf = asOf;
        this.day = day;
        this.terminal = terminal;
    }

    /// Until a signal interrupts this thread.
    void serve(int port) throws InterruptedException {
        try (var workplace = Workplace.own(settings);
                var ledger = Ledger.prepare(workplace);
                var server = Ledger.connect(workplace);
                var worker =
                        ReplayPipeline.worker(
                                ledger.place(), clock, ReconcileConfig.Pace.CONTINUOUS)) {
            worker.start();
            ledger.reports()
                    .issue(
                            new BusinessDay(
                                    day, settings.ledger().timeZone(), settings.report().cutOff()),
                            asOf);
            String password = people(workplace);
            try (var web = web(workplace, server, port)) {
                terminal.printf(
                        "%nPages:  %s%nSign in as anna, who decides, or as bob, who approves. Password of both: %s%nCtrl-C ends it.%n",
                        web.url(), password);
                terminal.flush();
                untilStopped(worker);
            }
        }
    }

    /// Whose password it is, is known to this terminal alone.
    private String people(Workplace workplace) {
        byte[] random = new byte[PASSWORD_BYTES];
        new SecureRandom().nextBytes(random);
        String password = Base64.getUrlEncoder().encodeToString(random);
        try (var database = Database.connect(workplace.database())) {
            var people = new People(database.dataSource(), clock);
            for (String who : List.of("anna preparer", "bob approver")) {
                String[] parts = who.split(" ", 2);
                people.add(parts[0], parts[1] + ",auditor,operator", password);
            }
        }
        return password;
    }

    private WebServer web(Workplace workplace, Ledger ledger, int port) {
        var config =
                new WebConfig(
                        settings.ledger().name(),
                        settings.ledger().timeZone(),
                        settings.report().cutOff(),
                        Ledger.programVersion(),
                        "127.0.0.1",
                        port,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        settings.serve().web().sessionIdle(),
                        settings.serve().web().sessionLength(),
                        settings.serve().drain());
        var desk =
                new DecisionDesk(
                        ledger.dataSource(),
                        workplace.kafka(),
                        workplace.topics(),
                        settings.ledger().name());
        return WebServer.start(
                config, ledger.dataSource(), new DeskDecisions(desk, () -> false), clock, clock);
    }

    private static void untilStopped(Reconciler worker) {
        try {
            while (true) {
                worker.throwIfFailed();
                TimeUnit.NANOSECONDS.sleep(LOOK.toNanos());
            }
        } catch (InterruptedException _) {
            // A person has seen enough. What is open is closed in order.
        }
    }
}
