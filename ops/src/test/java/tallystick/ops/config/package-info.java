@NullMarked
package tallystick.ops.config;

import org.jspecify.annotations.NullMarked;
