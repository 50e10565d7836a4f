/// Kafka to ledger to mismatches, and the changes back to Kafka. `Reconciler` is the whole; a `Worker` reads and applies,
/// a `BatchApplier` is one transaction, a `Relay` publishes what the register says.
@NullMarked
package tallystick.reconcile;

import org.jspecify.annotations.NullMarked;
