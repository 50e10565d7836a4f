package tallystick.ops.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LatenciesTest {
    private static final long MILLI = 1_000_000;

    private final Latencies latencies = new Latencies();

    @Test
    void bothSidesOfAnEventFindEachOther() {
        latencies.said("a", MILLI);
        latencies.read("b", 5 * MILLI);
        latencies.read("a", 3 * MILLI);
        latencies.said("b", 4 * MILLI);

        assertThat(latencies.count()).isEqualTo(2);
        assertThat(latencies.millis(1)).isEqualTo(2, within(0.001));
    }

    @Test
    void whatWasOvertakenCountsOnce() {
        latencies.said("opening", MILLI);
        latencies.overtaken("opening", 4 * MILLI);
        latencies.overtaken("opening", 9 * MILLI);

        assertThat(latencies.count()).isEqualTo(1);
        assertThat(latencies.millis(1)).isEqualTo(3, within(0.001));
    }

    @Test
    void percentilesAreMeasuredValues() {
        for (int i = 1; i <= 100; i++) {
            latencies.said("event " + i, 0);
            latencies.read("event " + i, i * MILLI);
        }

        assertThat(latencies.millis(0.5)).isEqualTo(50, within(0.001));
        assertThat(latencies.millis(0.99)).isEqualTo(99, within(0.001));
    }

    @Test
    void nothingMeasuredIsNoFigure() {
        latencies.said("a", 1);
        latencies.forget();

        assertThatThrownBy(() -> latencies.millis(0.5)).isInstanceOf(BenchException.class);
    }
}
