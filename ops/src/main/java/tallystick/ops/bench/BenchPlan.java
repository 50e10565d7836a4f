package tallystick.ops.bench;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// What is measured, and how much of it.
///
/// @param invoices settled invoices of the history that is caught up with
/// @param payments payments of that history
/// @param open open invoices, for the memory that each needs
/// @param perSecond events a second while latency is measured
/// @param measured how long latency is measured
/// @param events events sent as fast as they go
/// @param nodes of a fleet
/// @param idle how long the idle fleet is watched
/// @param heap of the ingestor, as `-Xmx` has it
/// @param options further JVM options of the ingestor
public record BenchPlan(
        Set<Part> parts,
        int invoices,
        int payments,
        int open,
        int perSecond,
        Duration measured,
        int events,
        int nodes,
        Duration idle,
        String heap,
        List<String> options) {
    /// What can be measured by itself.
    public enum Part {
        CATCH_UP,
        OPEN,
        LATENCY,
        STREAM,
        FLEET,
        IDLE
    }

    public BenchPlan {
        parts = parts.isEmpty() ? EnumSet.allOf(Part.class) : EnumSet.copyOf(parts);
        options = List.copyOf(options);
    }
}
