/// Tests of the evidence pack's file.
@NullMarked
package tallystick.ops.pack;

import org.jspecify.annotations.NullMarked;
