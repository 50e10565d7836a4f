package tallystick.ops.bench;

import java.time.Duration;
import java.util.List;

/// What the benchmark of the reconciler does.
///
/// @param items sizes of the ledger at which figures are taken, ascending; the ledger grows from one to the next
/// @param workers of the reconciler, in this process
/// @param batchRecords most records in one of its transactions
/// @param mismatchRate share of items into which a disagreement is planted
/// @param latency how long the time from record to decision is measured, at the first size; zero for not at all
/// @param referenceRows rows of the yardstick, before and after
/// @param isRead whether the day is reported on, and all verified, in the end
/// @param seed of everything that is drawn
public record ReconcilePlan(
        List<Integer> items,
        int workers,
        int batchRecords,
        double mismatchRate,
        Duration latency,
        int referenceRows,
        boolean isRead,
        long seed) {
    public ReconcilePlan {
        items = items.stream().sorted().toList();
        if (items.isEmpty() || items.getFirst() < 1) {
            throw new IllegalArgumentException(
                    "items: %s (expected: numbers above 0)".formatted(items));
        }
        if (mismatchRate < 0 || mismatchRate > 1) {
            throw new IllegalArgumentException(
                    "mismatch rate: %s (expected: 0 to 1)".formatted(mismatchRate));
        }
    }
}
