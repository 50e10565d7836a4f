/// Holds the simulated node to what real nodes did.
@NullMarked
package tallystick.simulator.node;

import org.jspecify.annotations.NullMarked;
