package tallystick.ingest.publish;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PaceTest {
    private static final long NOW = 1_000;

    private final Pace pace = new Pace(NOW);

    @Test
    void oneAloneDoesNotWait() {
        assertThat(pace.next(NOW)).isZero();
        assertThat(pace.next(NOW + Duration.ofMillis(20).toNanos())).isZero();
    }

    @Test
    void manyAtOnceComeOneAfterTheOther() {
        assertThat(pace.next(NOW)).isZero();
        assertThat(pace.next(NOW)).isEqualTo(Duration.ofMillis(4));
        assertThat(pace.next(NOW)).isEqualTo(Duration.ofMillis(8));
    }

    @Test
    void turnsThatNobodyTookAreLost() {
        long later = NOW + Duration.ofSeconds(1).toNanos();

        assertThat(pace.next(later)).isZero();
        assertThat(pace.next(later)).isEqualTo(Duration.ofMillis(4));
    }
}
