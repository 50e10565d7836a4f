/// The parts put together: nodes to Kafka to ledger to report, live or from a recording.
@NullMarked
package tallystick.ops.pipeline;

import org.jspecify.annotations.NullMarked;
