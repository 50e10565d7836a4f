@NullMarked
package tallystick.ops.embedded;

import org.jspecify.annotations.NullMarked;
