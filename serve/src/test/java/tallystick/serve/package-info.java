@NullMarked
package tallystick.serve;

import org.jspecify.annotations.NullMarked;
