/// The MismatchService.
@NullMarked
package tallystick.serve.mismatch;

import org.jspecify.annotations.NullMarked;
