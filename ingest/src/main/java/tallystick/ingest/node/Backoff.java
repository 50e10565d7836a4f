package tallystick.ingest.node;

import java.time.Duration;
import java.util.random.RandomGenerator;

/// How long to wait after the n-th failure in a row: anything up to a bound that doubles, so that many ingestors that lost
/// one node do not come back at one moment. One thread.
final class Backoff {
    private final Duration min;
    private final Duration max;
    private final RandomGenerator random;
    private Duration bound;

    Backoff(Duration min, Duration max, RandomGenerator random) {
        this.min = min;
        this.max = max;
        this.random = random;
        this.bound = min;
    }

    Duration next() {
        Duration wait = Duration.ofNanos(random.nextLong(bound.toNanos()) + 1);
        Duration doubled = bound.multipliedBy(2);
        bound = doubled.compareTo(max) < 0 ? doubled : max;
        return wait;
    }

    void reset() {
        bound = min;
    }
}
