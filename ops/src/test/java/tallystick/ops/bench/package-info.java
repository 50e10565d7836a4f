@NullMarked
package tallystick.ops.bench;

import org.jspecify.annotations.NullMarked;
