@NullMarked
package tallystick.ops;

import org.jspecify.annotations.NullMarked;
