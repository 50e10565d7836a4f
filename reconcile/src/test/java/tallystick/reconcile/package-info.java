@NullMarked
package tallystick.reconcile;

import org.jspecify.annotations.NullMarked;
