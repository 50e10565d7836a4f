package tallystick.serve.testing;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tallystick.db.Database;
import tallystick.db.Role;
import tallystick.db.testing.TestDatabase;
import tallystick.serve.openid.OpenidConfig;
import tallystick.serve.web.WebConfig;
import tallystick.serve.web.WebServer;
import tallystick.serve.web.access.People;

/// Pages on a database of their own. Browsers that it gave out are closed with it.
public final class TestWeb implements AutoCloseable {
    public static final String PASSWORD = "correct horse battery";

    private final TestDatabase ledger = TestDatabase.migrated();
    private final Database reader = ledger.connect(Role.SERVER);
    private final FakeDecisions decisions = new FakeDecisions();
    private final List<Browser> browsers = new ArrayList<>();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final People people;
    private final WebServer server;

    /// @param clock of everything
    public TestWeb(InstantSource clock) {
        this(clock, "127.0.0.1", Optional.empty(), Optional.empty());
    }

    /// @param files of TLS; empty without
    public TestWeb(InstantSource clock, String host, Optional<WebConfig.Files> files) {
        this(clock, host, files, Optional.empty());
    }

    /// @param openid who vouches for people
    public TestWeb(InstantSource clock, OpenidConfig openid) {
        this(clock, "127.0.0.1", Optional.empty(), Optional.of(openid));
    }

    private TestWeb(
            InstantSource clock,
            String host,
            Optional<WebConfig.Files> files,
            Optional<OpenidConfig> openid) {
        people = new People(ledger.dataSource(), clock);
        server =
                WebServer.start(
                        new WebConfig(
                                TestApi.LEDGER,
                                ZoneOffset.UTC,
                                Duration.ofMinutes(10),
                                "test",
                                host,
                                0,
                                files,
                                Optional.empty(),
                                openid,
                                Duration.ofMinutes(30),
                                Duration.ofHours(12),
                                Duration.ofSeconds(5)),
                        reader.dataSource(),
                        decisions,
                        clock,
                        clock,
                        meters);
    }

    public TestDatabase ledger() {
        return ledger;
    }

    /// What the server has counted.
    public MeterRegistry meters() {
        return meters;
    }

    public FakeDecisions decisions() {
        return decisions;
    }

    public People people() {
        return people;
    }

    public String url() {
        return server.url();
    }

    /// Of somebody who has not signed in.
    public Browser browser() {
        var browser = new Browser(server.url());
        browsers.add(browser);
        return browser;
    }

    /// Of somebody new, who has signed in.
    ///
    /// @param roles with commas between them
    public Browser browser(String name, String roles) throws Exception {
        people.add(name, roles, PASSWORD);
        Browser browser = browser();
        browser.signIn(name, PASSWORD);
        return browser;
    }

    @Override
    public void close() {
        browsers.forEach(Browser::close);
        server.close();
        reader.close();
        ledger.close();
    }
}
