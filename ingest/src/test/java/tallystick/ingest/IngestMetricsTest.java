package tallystick.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tallystick.ingest.publish.NodePublisher;

class IngestMetricsTest {
    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final IngestMetrics.OfNode metrics =
            new IngestMetrics(meters)
                    .ofNode(
                            "alice",
                            () -> new NodeStatus("alice", Optional.empty(), NodeState.LIVE, ""));

    @Test
    void saysWhenEachListWasHeardOfLast() {
        metrics.published(published(new NodePublisher.Kind("invoices", "stream")), NOW);
        metrics.published(
                published(new NodePublisher.Kind("payments", "sweep")), NOW.plusSeconds(60));

        assertThat(lastEvent("invoices", "stream")).isEqualTo(1_800_000_000.0);
        assertThat(lastEvent("payments", "sweep")).isEqualTo(1_800_000_060.0);
        assertThat(meters.find("tallystick.ingest.last.event.seconds").gauges()).hasSize(2);
    }

    private double lastEvent(String list, String source) {
        return meters.get("tallystick.ingest.last.event.seconds")
                .tags("node", "alice", "list", list, "source", source)
                .gauge()
                .value();
    }

    private static NodePublisher.Published published(NodePublisher.Kind kind) {
        return new NodePublisher.Published(Map.of(kind, 3), Map.of(), 0, false);
    }
}
