@NullMarked
package tallystick.ops.cli;

import org.jspecify.annotations.NullMarked;
