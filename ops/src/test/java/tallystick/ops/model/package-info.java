/// The ingestor against a simulated node that lives, through everything that can happen on the way.
@NullMarked
package tallystick.ops.model;

import org.jspecify.annotations.NullMarked;
