package tallystick.ingest.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private static final Duration MIN = Duration.ofSeconds(1);
    private static final Duration MAX = Duration.ofSeconds(60);

    @Test
    void waitsLongerWithEachFailureButNeverTooLong() {
        var backoff = new Backoff(MIN, MAX, new SplittableRandom(7));
        Duration bound = MIN;
        for (int failure = 0; failure < 20; failure++) {
            assertThat(backoff.next()).isPositive().isLessThanOrEqualTo(bound);
            bound = bound.multipliedBy(2).compareTo(MAX) < 0 ? bound.multipliedBy(2) : MAX;
        }

        backoff.reset();
        assertThat(backoff.next()).isLessThanOrEqualTo(MIN);
    }
}
