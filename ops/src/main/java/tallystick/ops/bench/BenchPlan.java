package tallystick.ops.bench;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What is measured, and how much of it. A value out of range is refused under the name of its option.
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

    private static final int COUNT_MAX = 100_000_000;
    private static final int RATE_MAX = 100_000;
    private static final int NODES_MAX = 1_000;
    private static final int SECONDS_MAX = 86_400;

    /// With less the ingestor's JVM does not come to its first line.
    private static final long HEAP_MIN_MIB = 32;

    private static final Pattern HEAP = Pattern.compile("(\\d{1,6})([mMgG])");
    private static final int MIB_PER_GIB = 1024;

    public BenchPlan {
        requireWithin("--invoices", invoices, COUNT_MAX);
        requireWithin("--payments", payments, COUNT_MAX);
        requireWithin("--open", open, COUNT_MAX);
        requireWithin("--rate", perSecond, RATE_MAX);
        requireWithin("--seconds", measured.toSeconds(), SECONDS_MAX);
        requireWithin("--events", events, COUNT_MAX);
        requireWithin("--nodes", nodes, NODES_MAX);
        requireWithin("--idle-seconds", idle.toSeconds(), SECONDS_MAX);
        if (mebibytes(heap) < HEAP_MIN_MIB) {
            throw new IllegalArgumentException(
                    "--heap: %s (expected: such as 256m or 1g, at least %dm)"
                            .formatted(heap, HEAP_MIN_MIB));
        }
        for (String option : options) {
            if (!option.startsWith("-")) {
                throw new IllegalArgumentException(
                        "--ingestor-option: %s (expected: such as -XX:+UseZGC)".formatted(option));
            }
        }
        parts = parts.isEmpty() ? EnumSet.allOf(Part.class) : EnumSet.copyOf(parts);
        options = List.copyOf(options);
    }

    private static void requireWithin(String name, long value, int max) {
        if (value < 1 || value > max) {
            throw new IllegalArgumentException(
                    "%s: %d (expected: 1 to %d)".formatted(name, value, max));
        }
    }

    /// 0 for what is no size.
    private static long mebibytes(String size) {
        Matcher matcher = HEAP.matcher(size);
        if (!matcher.matches()) {
            return 0;
        }
        boolean isGibibytes = matcher.group(2).equalsIgnoreCase("g");
        return Long.parseLong(matcher.group(1)) * (isGibibytes ? MIB_PER_GIB : 1);
    }
}
