package tallystick.reconcile;

import java.time.Duration;
import tallystick.ledger.mismatch.RuleSet;

/// Settings of the reconciler.
///
/// @param ledger the ledger's name; also names the consumer group and the relay
/// @param workers threads that read and apply, each with partitions of its own
/// @param batchRecords most records in one transaction
/// @param pace whether batches are applied as records come, or when asked
public record ReconcileConfig(
        String ledger, RuleSet rules, int workers, int batchRecords, Pace pace) {
    private static final int WORKERS_MAX = 64;
    private static final int BATCH_MAX = 100_000;

    /// Larger ones save Postgres little, and their objects outlive young collections.
    private static final int BATCH_USUAL = 2_000;

    /// How long a worker waits for records before it looks after what has come due.
    static final Duration POLL_TIMEOUT = Duration.ofMillis(200);

    /// When batches are applied.
    public enum Pace {
        /// As records come.
        CONTINUOUS,
        /// By `Reconciler.applyNow` only: everything there is then, in as few batches as the limit allows.
        ON_DEMAND
    }

    public ReconcileConfig {
        if (workers < 1 || workers > WORKERS_MAX) {
            throw new IllegalArgumentException(
                    "reconcile.workers: %d (expected: 1 to %d)".formatted(workers, WORKERS_MAX));
        }
        if (batchRecords < 1 || batchRecords > BATCH_MAX) {
            throw new IllegalArgumentException(
                    "reconcile.batch-records: %d (expected: 1 to %d)"
                            .formatted(batchRecords, BATCH_MAX));
        }
    }

    public static ReconcileConfig defaults(String ledger) {
        return new ReconcileConfig(ledger, RuleSet.defaults(), 1, BATCH_USUAL, Pace.CONTINUOUS);
    }
}
