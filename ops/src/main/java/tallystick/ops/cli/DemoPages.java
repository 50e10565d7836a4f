package tallystick.ops.cli;

import java.io.PrintWriter;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import tallystick.db.Database;
import tallystick.ops.config.Settings;
import tallystick.ops.pipeline.DeskDecisions;
import tallystick.ops.pipeline.Ledger;
import tallystick.ops.pipeline.Workplace;
import tallystick.reconcile.DecisionDesk;
import tallystick.serve.web.WebConfig;
import tallystick.serve.web.WebServer;
import tallystick.serve.web.access.People;

/// Serves a demo's ledger to a person, who finds two people to sign in as.
final class DemoPages {
    private static final int PASSWORD_BYTES = 12;

    private final Workplace workplace;
    private final Clock clock;
    private final PrintWriter terminal;

    /// @param clock of the ledger
    DemoPages(Workplace workplace, Clock clock, PrintWriter terminal) {
        this.workplace = workplace;
        this.clock = clock;
        this.terminal = terminal;
    }

    /// Says where they are, and as whom to sign in. Whoever opens them closes them.
    ///
    /// @param server connected in the role that reads
    WebServer open(Ledger server, int port) {
        String password = people();
        WebServer web = web(server, port);
        terminal.printf(
                "%nPages:  %s%nSign in as anna, who decides, or as bob, who approves. Password of both: %s%n",
                web.url(), password);
        terminal.flush();
        return web;
    }

    /// Whose password it is, is known to this terminal alone.
    private String people() {
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

    private WebServer web(Ledger server, int port) {
        Settings settings = workplace.settings();
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
                        server.dataSource(),
                        workplace.kafka(),
                        workplace.topics(),
                        settings.ledger().name());
        return WebServer.start(
                config, server.dataSource(), new DeskDecisions(desk, () -> false), clock, clock);
    }
}
