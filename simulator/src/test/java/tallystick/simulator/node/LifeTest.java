package tallystick.simulator.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LifeTest {
    @TempDir Path directory;
    private Instant now = Instant.EPOCH;

    @Test
    void keepsItsRate() throws Exception {
        try (SimulatedNode node = SimulatedNode.withoutPort(NodePlan.of("alice", 1, directory));
                var life = new Life(() -> now, this::sleep)) {
            life.live(List.of(node), 120, 41);
        }

        assertThat(now).isEqualTo(Instant.EPOCH.plusSeconds(20));
    }

    @Test
    void doesNotWaitWithoutARate() throws Exception {
        try (SimulatedNode node = SimulatedNode.withoutPort(NodePlan.of("alice", 1, directory));
                var life = new Life(() -> now, this::sleep)) {
            life.live(List.of(node), 0, 50);
        }

        assertThat(now).isEqualTo(Instant.EPOCH);
    }

    @Test
    void endsWhenItIsToldTo() throws Exception {
        try (SimulatedNode node = SimulatedNode.withoutPort(NodePlan.of("alice", 1, directory))) {
            var life = new Life(() -> now, this::sleep);
            life.close();

            life.live(List.of(node), 1, 0);
        }

        assertThat(now).isEqualTo(Instant.EPOCH);
    }

    private void sleep(Duration time) {
        now = now.plus(time);
    }
}
