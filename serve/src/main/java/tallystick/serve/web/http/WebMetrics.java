package tallystick.serve.web.http;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/// What is counted of the pages. All names begin with `tallystick.web`. Any thread.
public final class WebMetrics {
    private static final String PREFIX = "tallystick.web.";
    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST");

    /// Why somebody was not signed in.
    public enum Refusal {
        WRONG,
        TOO_MANY
    }

    private final MeterRegistry meters;

    public WebMetrics(MeterRegistry meters) {
        this.meters = meters;
        for (Refusal why : Refusal.values()) {
            signInRefused(why, 0);
        }
    }

    public void signInRefused(Refusal why) {
        signInRefused(why, 1);
    }

    private void signInRefused(Refusal why, int times) {
        Counter.builder(PREFIX + "signins.refused")
                .description("attempts to sign in that were refused")
                .tag("reason", why.name().toLowerCase(Locale.ROOT))
                .register(meters)
                .increment(times);
    }

    /// @param count of pages that are told of changes
    public void followers(IntSupplier count) {
        Gauge.builder(PREFIX + "followers", count, IntSupplier::getAsInt)
                .description("open pages that follow the ledger")
                // Nobody else keeps the supplier, and without it the gauge says nothing.
                .strongReference(true)
                .register(meters);
    }

    /// @param route the pattern of the path, not the path: of those there are as many as somebody makes up; and so it is with
    ///     methods
    void answered(String route, String method, int status, long nanos) {
        Timer.builder(PREFIX + "requests")
                .description("from a request to the page that answers it")
                .tag("route", route)
                .tag("method", METHODS.contains(method) ? method : "other")
                .tag("status", Integer.toString(status))
                .publishPercentiles(0.5, 0.99)
                .register(meters)
                .record(nanos, TimeUnit.NANOSECONDS);
    }
}
