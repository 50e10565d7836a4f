package tallystick.ingest.books;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Locale;
import java.util.function.Supplier;

/// What is counted of each way in for book entries. All names begin with `tallystick.books`; all have the tag `intake`, the
/// name of the way in its status. Any thread.
final class IntakeMetrics {
    private static final String PREFIX = "tallystick.books.";

    private IntakeMetrics() {}

    /// @param status asked whenever the meters are read
    static void register(Supplier<IntakeStatus> status, MeterRegistry meters) {
        Tags tags = Tags.of("intake", status.get().name());
        FunctionCounter.builder(PREFIX + "taken", status, now -> now.get().taken())
                .description("messages and rows whose entries are committed")
                .tags(tags)
                .register(meters);
        FunctionCounter.builder(PREFIX + "quarantined", status, now -> now.get().quarantined())
                .description("messages and rows that could not be used")
                .tags(tags)
                .register(meters);
        for (IntakeState state : IntakeState.values()) {
            Gauge.builder(PREFIX + "state", status, now -> now.get().state() == state ? 1 : 0)
                    .description("1 for the state the way in is in")
                    .tags(tags.and("state", state.name().toLowerCase(Locale.ROOT)))
                    // Nobody else keeps the supplier, and without it the gauge says nothing.
                    .strongReference(true)
                    .register(meters);
        }
    }
}
