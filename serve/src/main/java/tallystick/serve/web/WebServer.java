package tallystick.serve.web;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.EagerContentHandler;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.VirtualThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.report.day.ReportDesk;
import tallystick.serve.RepeatedWork;
import tallystick.serve.ServeException;
import tallystick.serve.access.ServerCertificate;
import tallystick.serve.call.Readings;
import tallystick.serve.mismatch.DecisionCalls;
import tallystick.serve.mismatch.Decisions;
import tallystick.serve.mismatch.HeadWatch;
import tallystick.serve.openid.OpenidProvider;
import tallystick.serve.report.MadeReports;
import tallystick.serve.report.SigningCalls;
import tallystick.serve.web.access.OpenidSignIn;
import tallystick.serve.web.access.PasswordSignIn;
import tallystick.serve.web.access.Sessions;
import tallystick.serve.web.account.AccountPages;
import tallystick.serve.web.decision.DecisionPages;
import tallystick.serve.web.http.Arrivals;
import tallystick.serve.web.http.Cookies;
import tallystick.serve.web.http.Gate;
import tallystick.serve.web.http.Routes;
import tallystick.serve.web.http.WebHandler;
import tallystick.serve.web.http.WebMetrics;
import tallystick.serve.web.item.ItemPages;
import tallystick.serve.web.live.LivePages;
import tallystick.serve.web.mismatch.MismatchPages;
import tallystick.serve.web.node.NodePages;
import tallystick.serve.web.overview.OverviewPages;
import tallystick.serve.web.page.Assets;
import tallystick.serve.web.page.Frames;
import tallystick.serve.web.page.LedgerPages;
import tallystick.serve.web.page.ProblemPages;
import tallystick.serve.web.page.SignInPages;
import tallystick.serve.web.page.Templates;
import tallystick.serve.web.report.ReportPages;

/// Serves the pages. Whoever starts it closes it.
public final class WebServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WebServer.class);

    /// Pages that are made at once; more wait.
    private static final int REQUESTS_AT_ONCE = 600;

    private static final int HEADER_BYTES_MAX = 16 << 10;

    /// More wait until others are closed.
    private static final int CONNECTIONS_MAX = 4_000;

    private static final Duration ARRIVALS_INTERVAL = Duration.ofSeconds(1);

    /// Whoever says nothing for so long is cut off. The database may take half of it.
    private static final Duration SILENCE_MAX = Duration.ofSeconds(60);

    /// Somebody waits while other reports are being made.
    private static final Duration REPORT_PATIENCE = Duration.ofSeconds(10);

    private static final Duration FILES_INTERVAL = Duration.ofSeconds(1);

    private static final Duration HEAD_INTERVAL = Duration.ofMillis(200);

    private final WebConfig config;
    private final Optional<ServerCertificate> certificate;
    private final HeadWatch head;
    private final LivePages live;
    private final Optional<OpenidProvider> provider;
    private final Arrivals arrivals;
    private final Server server;
    private final ServerConnector connector;
    private final RepeatedWork timer = new RepeatedWork("web-timer");

    private WebServer(
            WebConfig config,
            Optional<ServerCertificate> certificate,
            HeadWatch head,
            LivePages live,
            Optional<OpenidProvider> provider,
            Arrivals arrivals,
            WebHandler handler) {
        this.config = config;
        this.certificate = certificate;
        this.head = head;
        this.live = live;
        this.provider = provider;
        this.arrivals = arrivals;
        var threads = new VirtualThreadPool(REQUESTS_AT_ONCE);
        threads.setName("web");
        this.server = new Server(threads);
        this.connector = connector(config, certificate, server);
        connector.addBean(arrivals);
        server.addConnector(connector);
        server.addBean(new NetworkConnectionLimit(CONNECTIONS_MAX, connector));
        // A form that is still coming holds no thread. One that is too long is refused by the
        // handler.
        server.setHandler(
                new EagerContentHandler(
                        handler,
                        new EagerContentHandler.RetainedContentLoaderFactory(
                                WebHandler.BODY_BYTES_MAX + 1, 0, false)));
        // Before a request can be understood there is nobody to show a page to.
        server.setErrorHandler(WebHandler::refuse);
        server.setStopTimeout(config.drain().toMillis());
    }

    /// The same with nobody who reads what is counted.
    public static WebServer start(
            WebConfig config,
            DataSource dataSource,
            Decisions decisions,
            InstantSource clock,
            InstantSource asOf) {
        return start(config, dataSource, decisions, clock, asOf, new SimpleMeterRegistry());
    }

    /// @param dataSource connections in the role that reads
    /// @param decisions where people's decisions take effect
    /// @param clock of sessions and decisions
    /// @param asOf the moment that the ledger stands at: now, but for a replay's
    /// @param meters where requests are counted
    /// @throws tallystick.serve.access.AccessException when certificate, key or the file of roles cannot be used
    /// @throws ServeException when the address cannot be had
    public static WebServer start(
            WebConfig config,
            DataSource dataSource,
            Decisions decisions,
            InstantSource clock,
            InstantSource asOf,
            MeterRegistry meters) {
        Optional<ServerCertificate> certificate =
                config.files().map(one -> ServerCertificate.open(one.certificate(), one.key()));
        var readings = new Readings(dataSource);
        var head = new HeadWatch(readings);
        var sessions =
                new Sessions(dataSource, config.sessionIdle(), config.sessionLength(), clock);
        var cookies = new Cookies(config.isSecure());
        var assets = new Assets();
        var frames = new Frames(config.ledger(), config.zone(), assets);
        var templates = new Templates();
        var live = new LivePages(readings, head, sessions);
        var metrics = new WebMetrics(meters);
        metrics.followers(live::followers);
        var desk = new ReportDesk(dataSource, config.ledger(), config.version());
        var reports = new MadeReports(desk, REPORT_PATIENCE);
        var routes = new Routes();
        assets.addTo(routes);
        live.addTo(routes);
        Optional<OpenidProvider> provider =
                config.openid().map(one -> OpenidProvider.open(one, clock));
        // The port may be known only once it is listened at.
        var url = new AtomicReference<>("");
        new SignInPages(
                        new PasswordSignIn(dataSource, clock),
                        provider.map(
                                one ->
                                        new OpenidSignIn(
                                                one,
                                                dataSource,
                                                clock,
                                                () -> URI.create(url.get() + SignInPages.BACK))),
                        sessions,
                        cookies,
                        frames,
                        templates,
                        metrics)
                .addTo(routes);
        new OverviewPages(
                        readings,
                        desk,
                        System::nanoTime,
                        config.zone(),
                        config.cutOff(),
                        asOf,
                        frames,
                        templates)
                .addTo(routes);
        new MismatchPages(
                        readings,
                        new DecisionCalls(readings, decisions, clock),
                        asOf,
                        frames,
                        templates)
                .addTo(routes);
        new ReportPages(
                        readings,
                        desk,
                        reports,
                        new SigningCalls(desk, reports, decisions, clock),
                        config.ledger(),
                        frames,
                        templates)
                .addTo(routes);
        var pages = new LedgerPages(readings, frames, templates);
        new NodePages(pages).addTo(routes);
        new AccountPages(pages, config.zone()).addTo(routes);
        new ItemPages(pages).addTo(routes);
        new DecisionPages(pages).addTo(routes);
        var gate =
                new Gate(
                        routes,
                        sessions,
                        cookies,
                        config.url().map(URI::toString).orElse(""),
                        new ProblemPages(frames, templates),
                        metrics);
        var arrivals = new Arrivals();
        var web =
                new WebServer(
                        config,
                        certificate,
                        head,
                        live,
                        provider,
                        arrivals,
                        new WebHandler(
                                gate, arrivals, config.isSecure(), config.url().isPresent()));
        web.start();
        url.set(web.url());
        return web;
    }

    private static ServerConnector connector(
            WebConfig config, Optional<ServerCertificate> certificate, Server server) {
        var http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setRequestHeaderSize(HEADER_BYTES_MAX);
        var plain = new HttpConnectionFactory(http);
        ServerConnector connector =
                certificate
                        .map(
                                one -> {
                                    var tls = new SslContextFactory.Server();
                                    tls.setSslContext(one.context());
                                    tls.setIncludeProtocols("TLSv1.3", "TLSv1.2");
                                    return new ServerConnector(server, tls, plain);
                                })
                        .orElseGet(() -> new ServerConnector(server, plain));
        connector.setHost(config.host());
        connector.setPort(config.port());
        connector.setIdleTimeout(SILENCE_MAX.toMillis());
        return connector;
    }

    private void start() {
        try {
            server.start();
        } catch (Exception e) {
            timer.close();
            throw new ServeException(
                    "serve.web.address: %s:%d: %s (expected: an address of this machine and a free port)"
                            .formatted(config.host(), config.port(), e.getMessage()),
                    e);
        }
        timer.every(HEAD_INTERVAL, head::look);
        timer.every(ARRIVALS_INTERVAL, arrivals::look);
        certificate.ifPresent(one -> timer.every(FILES_INTERVAL, one::reload));
        provider.ifPresent(one -> timer.every(FILES_INTERVAL, one::reload));
        LOG.atInfo().addKeyValue("address", address()).log("the pages are served");
    }

    /// Where it listens.
    public InetSocketAddress address() {
        return new InetSocketAddress(config.host(), connector.getLocalPort());
    }

    /// Where people go.
    public String url() {
        return config.url()
                .map(URI::toString)
                .orElseGet(
                        () ->
                                "%s://%s:%d"
                                        .formatted(
                                                config.files().isPresent() ? "https" : "http",
                                                config.host(),
                                                connector.getLocalPort()));
    }

    @Override
    public void close() {
        live.close();
        try {
            server.stop();
        } catch (Exception e) {
            LOG.atWarn().log("pages: not closed in order: {}", e.getMessage());
        }
        timer.close();
        LOG.atInfo().log("the pages are closed");
    }
}
