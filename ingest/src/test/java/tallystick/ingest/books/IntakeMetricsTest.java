package tallystick.ingest.books;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

class IntakeMetricsTest {
    @Test
    void countsWhatComesInAndSaysHowItStands() {
        var meters = new SimpleMeterRegistry();
        var progress = new IntakeProgress("pull erp");
        IntakeMetrics.register(progress::status, meters);

        progress.changed(IntakeState.REFUSED, "no such table");
        progress.counted(5, 2, "no amount");

        assertThat(
                        meters.get("tallystick.books.taken")
                                .tag("intake", "pull erp")
                                .functionCounter()
                                .count())
                .isEqualTo(5);
        assertThat(meters.get("tallystick.books.quarantined").functionCounter().count())
                .isEqualTo(2);
        assertThat(meters.get("tallystick.books.state").tag("state", "refused").gauge().value())
                .isEqualTo(1);
        assertThat(meters.get("tallystick.books.state").tag("state", "live").gauge().value())
                .isZero();
    }
}
