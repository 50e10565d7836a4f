/// Tests of journals.
@NullMarked
package tallystick.ops.journal;

import org.jspecify.annotations.NullMarked;
