/// Measures what the program does in a given time, against simulated nodes. The ingestor runs as in production, in a process
/// of its own; nodes, broker and the measuring consumer are here.
@NullMarked
package tallystick.ops.bench;

import org.jspecify.annotations.NullMarked;
