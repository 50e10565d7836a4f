package tallystick.ops.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tallystick.ingest.NodeStatus;
import tallystick.ingest.books.IntakeStatus;
import tallystick.ops.config.ConfigurationException;
import tallystick.ops.config.HostAndPort;
import tools.jackson.databind.json.JsonMapper;

/// Answers `GET /metrics` and `GET /health`, and nothing else. There is no login: whoever reaches the address may read.
///
/// Started when made ready by [#start]; whoever starts it closes it.
public final class MetricsServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MetricsServer.class);

    /// Connections that may wait: a few scrapers ask a few times a minute.
    private static final int BACKLOG = 16;

    private static final String KEY = "metrics.address";

    private static final int OK = 200;
    private static final int NOT_FOUND = 404;
    private static final int METHOD_NOT_ALLOWED = 405;
    private static final int UNAVAILABLE = 503;
    private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String PLAIN_TEXT = "text/plain; charset=utf-8";
    private static final String JSON = "application/json";

    private final PrometheusMeterRegistry registry;
    private final Supplier<List<NodeStatus>> nodes;
    private final Supplier<List<IntakeStatus>> books;
    private final JsonMapper json = new JsonMapper();
    private final HttpServer server;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

    private MetricsServer(
            PrometheusMeterRegistry registry,
            Supplier<List<NodeStatus>> nodes,
            Supplier<List<IntakeStatus>> books,
            HttpServer server) {
        this.registry = registry;
        this.nodes = nodes;
        this.books = books;
        this.server = server;
    }

    /// Where no node is followed.
    ///
    /// @param key of the setting, for what is said when the address cannot be had
    /// @param address `host:port` or `[address]:port`; port 0 takes any that is free
    /// @throws ConfigurationException when the address cannot be had
    public static MetricsServer start(
            String key, String address, PrometheusMeterRegistry registry) {
        return start(new MetricsServer(registry, List::of, List::of, bound(key, address)));
    }

    /// @param address `host:port` or `[address]:port`; port 0 takes any that is free
    /// @param registry what `/metrics` shows
    /// @param nodes what `/health` tells, as it is at the moment of asking
    /// @throws ConfigurationException when the address cannot be had
    public static MetricsServer start(
            String address, PrometheusMeterRegistry registry, Supplier<List<NodeStatus>> nodes) {
        return start(address, registry, nodes, List::of);
    }

    /// The same where book entries come in too.
    ///
    /// @param books what `/health` tells of them
    public static MetricsServer start(
            String address,
            PrometheusMeterRegistry registry,
            Supplier<List<NodeStatus>> nodes,
            Supplier<List<IntakeStatus>> books) {
        return start(new MetricsServer(registry, nodes, books, bound(KEY, address)));
    }

    private static MetricsServer start(MetricsServer metrics) {
        metrics.server.createContext("/", metrics::handle);
        metrics.server.setExecutor(metrics.executor);
        metrics.server.start();
        LOG.atInfo().addKeyValue("address", metrics.address()).log("metrics and health are served");
        return metrics;
    }

    /// Where it listens.
    public InetSocketAddress address() {
        return server.getAddress();
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }

    private static HttpServer bound(String key, String address) {
        HostAndPort where = HostAndPort.checked(address);
        var socket = new InetSocketAddress(where.host(), where.port());
        try {
            return HttpServer.create(socket, BACKLOG);
        } catch (IOException e) {
            throw new ConfigurationException(
                    List.of(
                            "%s: %s: %s (expected: an address of this machine and a free port)"
                                    .formatted(key, address, e.getMessage())));
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String method = exchange.getRequestMethod();
            if (!method.equals("GET") && !method.equals("HEAD")) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                send(exchange, METHOD_NOT_ALLOWED, PLAIN_TEXT, "only GET\n");
                return;
            }
            switch (exchange.getRequestURI().getPath()) {
                case "/metrics" -> send(exchange, OK, PROMETHEUS_TEXT, registry.scrape());
                case "/health" -> health(exchange);
                default -> send(exchange, NOT_FOUND, PLAIN_TEXT, "/metrics or /health\n");
            }
        } catch (RuntimeException e) {
            // The server itself would only cut the connection.
            LOG.atError().setCause(e).log("a request was not answered");
        }
    }

    private void health(HttpExchange exchange) throws IOException {
        Health health = Health.of(nodes.get(), books.get());
        send(
                exchange,
                health.isLive() ? OK : UNAVAILABLE,
                JSON,
                json.writeValueAsString(health) + "\n");
    }

    private static void send(HttpExchange exchange, int code, String type, String body)
            throws IOException {
        byte[] bytes = body.getBytes(UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(code, -1);
            return;
        }
        exchange.sendResponseHeaders(code, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}
