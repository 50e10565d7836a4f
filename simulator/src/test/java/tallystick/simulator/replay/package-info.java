@NullMarked
package tallystick.simulator.replay;

import org.jspecify.annotations.NullMarked;
