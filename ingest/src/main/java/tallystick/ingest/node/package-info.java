/// The conversation with one node: connection, streams, sweeps, and what is done when any of them fails.
/// What is read goes into the queue of the node's publisher (`publish`) at once and in order.
@NullMarked
package tallystick.ingest.node;

import org.jspecify.annotations.NullMarked;
