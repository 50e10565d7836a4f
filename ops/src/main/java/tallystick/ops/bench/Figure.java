package tallystick.ops.bench;

import java.util.Optional;

/// One thing that was measured.
///
/// @param part the part of the benchmark
/// @param limit what it must reach, if anything
/// @param load of the machine when the part began: its average over a minute
public record Figure(
        String part, String name, double value, String unit, Optional<Limit> limit, double load) {
    /// @param isAtLeast whether more is better
    public record Limit(boolean isAtLeast, double bound) {}

    /// True when there is nothing to reach, too.
    public boolean isMet() {
        return limit.map(l -> l.isAtLeast() ? value >= l.bound() : value <= l.bound()).orElse(true);
    }
}
