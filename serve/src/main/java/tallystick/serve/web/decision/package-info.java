/// What people decided, about whatever it was.
@NullMarked
package tallystick.serve.web.decision;

import org.jspecify.annotations.NullMarked;
