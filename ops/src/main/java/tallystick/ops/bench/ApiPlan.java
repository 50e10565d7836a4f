package tallystick.ops.bench;

import java.time.Duration;

/// What the benchmark of the API does.
///
/// @param entries that are posted
/// @param watchers of mismatches, at the same time
/// @param changesPerSecond records sent a second, of which each opens a mismatch
/// @param time for which they are sent
public record ApiPlan(int entries, int watchers, int changesPerSecond, Duration time) {
    public ApiPlan {
        require("entries", entries);
        require("watchers", watchers);
        require("changes a second", changesPerSecond);
    }

    private static void require(String what, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(
                    "%s: %d (expected: 1 or more)".formatted(what, value));
        }
    }
}
