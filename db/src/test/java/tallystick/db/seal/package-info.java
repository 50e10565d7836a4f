/// Tests of the tree over what a batch sealed.
@NullMarked
package tallystick.db.seal;

import org.jspecify.annotations.NullMarked;
