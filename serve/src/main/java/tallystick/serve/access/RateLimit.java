package tallystick.serve.access;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.Status.Code;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import tallystick.serve.call.Problem;

/// Calls that each client may begin: so many a second, and those of two seconds at once. Any thread.
public final class RateLimit {
    private static final double BURST_SECONDS = 2;

    private final int perSecond;
    private final LongSupplier nanoTime;

    /// No more than there are clients with a role.
    private final Map<String, Bucket> buckets = new ConcurrentHashMap<>();

    /// @param perSecond calls
    public RateLimit(int perSecond, LongSupplier nanoTime) {
        this.perSecond = perSecond;
        this.nanoTime = nanoTime;
    }

    /// @throws io.grpc.StatusRuntimeException when there were too many; says when to try again
    void take(Client client) {
        long waitNanos =
                buckets.computeIfAbsent(client.name(), _ -> new Bucket(nanoTime.getAsLong()))
                        .take(nanoTime.getAsLong());
        if (waitNanos > 0) {
            throw Problem.retry(
                    Code.RESOURCE_EXHAUSTED,
                    "RATE_LIMIT",
                    "calls of %s: too many (expected: at most %d a second)"
                            .formatted(client.name(), perSecond),
                    Duration.ofNanos(waitNanos));
        }
    }

    private final class Bucket {
        @GuardedBy("this")
        private double calls = perSecond * BURST_SECONDS;

        @GuardedBy("this")
        private long at;

        Bucket(long at) {
            this.at = at;
        }

        /// Nanoseconds until there is a call to have; 0 when one was had.
        synchronized long take(long now) {
            double nanosPerCall = (double) Duration.ofSeconds(1).toNanos() / perSecond;
            calls = Math.min(perSecond * BURST_SECONDS, calls + (now - at) / nanosPerCall);
            at = now;
            if (calls >= 1) {
                calls--;
                return 0;
            }
            return Math.max(1, Math.round((1 - calls) * nanosPerCall));
        }
    }
}
