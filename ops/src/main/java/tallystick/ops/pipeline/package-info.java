/// The parts put together: broker and database, ingest, reconcile and the reading of what they made. Live against nodes, or
/// on a recording; the two differ in the nodes' addresses and the clock only.
@NullMarked
package tallystick.ops.pipeline;

import org.jspecify.annotations.NullMarked;
