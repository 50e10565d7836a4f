package tallystick.ops.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.Counter;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tallystick.ingest.NodeState;
import tallystick.ingest.NodeStatus;
import tallystick.ingest.books.IntakeState;
import tallystick.ingest.books.IntakeStatus;
import tallystick.ops.config.ConfigurationException;

class MetricsServerIT {
    private final PrometheusMeterRegistry registry = Meters.create();
    private final HttpClient client = HttpClient.newHttpClient();
    private volatile List<NodeStatus> nodes = List.of(node("alice", NodeState.LIVE, ""));
    private volatile List<IntakeStatus> books = List.of();
    private final MetricsServer server =
            MetricsServer.start("127.0.0.1:0", registry, () -> nodes, () -> books);

    @AfterEach
    void close() {
        server.close();
        client.close();
    }

    @Test
    void metersAreShownInPrometheusFormat() throws Exception {
        Counter.builder("tallystick.test.events")
                .tag("node", "alice")
                .register(registry)
                .increment(3);

        HttpResponse<String> response = get("/metrics");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type"))
                .contains("text/plain; version=0.0.4; charset=utf-8");
        assertThat(response.body())
                .contains("tallystick_test_events_total{node=\"alice\"} 3.0\n")
                .contains("jvm_memory_used_bytes{area=\"heap\"")
                .contains("process_uptime_seconds");
    }

    @Test
    void healthIsLiveOnlyWhenEveryNodeIs() throws Exception {
        assertThat(get("/health").statusCode()).isEqualTo(200);
        assertThat(get("/health").body())
                .isEqualTo(
                        """
                        {"status":"live","nodes":[{"alias":"alice","state":"live","reason":""}],"books":[]}
                        """);

        nodes =
                List.of(
                        node("alice", NodeState.LIVE, ""),
                        node("bob", NodeState.WAITING_FOR_UNLOCK, "node bob: locked \"so\""));
        assertThat(get("/health").statusCode()).isEqualTo(503);
        assertThat(get("/health").body())
                .isEqualTo(
                        """
                        {"status":"degraded","nodes":[{"alias":"alice","state":"live","reason":""},\
                        {"alias":"bob","state":"waiting_for_unlock","reason":"node bob: locked \\"so\\""}],"books":[]}
                        """);

        nodes = List.of(node("bob", NodeState.REFUSED, "x"));
        assertThat(get("/health").body()).contains("\"status\":\"down\"");
    }

    @Test
    void booksThatDoNotComeInDegradeHealth() throws Exception {
        books = List.of(new IntakeStatus("inbox", IntakeState.LIVE, "", 7, 0));
        assertThat(get("/health").statusCode()).isEqualTo(200);

        books = List.of(new IntakeStatus("pull erp", IntakeState.REFUSED, "no such table", 0, 0));
        assertThat(get("/health").statusCode()).isEqualTo(503);
        assertThat(get("/health").body())
                .isEqualTo(
                        """
                        {"status":"degraded","nodes":[{"alias":"alice","state":"live","reason":""}],\
                        "books":[{"name":"pull erp","state":"refused","reason":"no such table"}]}
                        """);
    }

    @Test
    void itListensOnIpv6() throws Exception {
        try (var other = MetricsServer.start("[::1]:0", registry, () -> nodes)) {
            var uri = URI.create("http://[::1]:%d/health".formatted(other.address().getPort()));
            assertThat(
                            client.send(
                                            HttpRequest.newBuilder(uri).build(),
                                            HttpResponse.BodyHandlers.ofString())
                                    .statusCode())
                    .isEqualTo(200);
        }
    }

    @Test
    void anythingElseIsDeclined() throws Exception {
        assertThat(get("/").statusCode()).isEqualTo(404);
        assertThat(get("/metrics/../x").statusCode()).isEqualTo(404);
        var post =
                HttpRequest.newBuilder(uri("/health"))
                        .POST(HttpRequest.BodyPublishers.ofString("x"))
                        .build();
        assertThat(client.send(post, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(405);
        var head = HttpRequest.newBuilder(uri("/health")).HEAD().build();
        assertThat(client.send(head, HttpResponse.BodyHandlers.ofString()).statusCode())
                .isEqualTo(200);
    }

    @Test
    void aTakenPortIsABadConfiguration() {
        String taken = "127.0.0.1:" + server.address().getPort();

        assertThatThrownBy(() -> MetricsServer.start(taken, registry, List::of))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("metrics.address: " + taken)
                .hasMessageContaining("(expected: an address of this machine and a free port)");
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:%d%s".formatted(server.address().getPort(), path));
    }

    private static NodeStatus node(String alias, NodeState state, String reason) {
        return new NodeStatus(alias, Optional.empty(), state, reason);
    }
}
