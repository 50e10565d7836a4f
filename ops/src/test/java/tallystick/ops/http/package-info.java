@NullMarked
package tallystick.ops.http;

import org.jspecify.annotations.NullMarked;
