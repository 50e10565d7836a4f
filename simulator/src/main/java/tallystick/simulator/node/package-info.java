/// A Lightning node that lives from a seed and speaks lnd's gRPC, with lnd's traps. It knows the truth about itself, so
/// that tests can hold a follower against it. It shares no code with its followers: their mistakes are not its own.
@NullMarked
package tallystick.simulator.node;

import org.jspecify.annotations.NullMarked;
