package tallystick.ingest.books;

import java.time.Duration;

/// How long to wait after each failure in a row. One thread.
final class Pauses {
    /// Short enough that a restarted broker is found at once, long enough not to be a burden.
    static final Duration MIN = Duration.ofMillis(500);

    static final Duration MAX = Duration.ofMinutes(1);

    private final Duration min;
    private final Duration max;
    private Duration next;

    Pauses(Duration min, Duration max) {
        this.min = min;
        this.max = max;
        this.next = min;
    }

    Duration next() {
        Duration pause = next;
        Duration doubled = next.multipliedBy(2);
        next = doubled.compareTo(max) < 0 ? doubled : max;
        return pause;
    }

    void reset() {
        next = min;
    }
}
