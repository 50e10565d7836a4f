@NullMarked
package tallystick.db;

import org.jspecify.annotations.NullMarked;
