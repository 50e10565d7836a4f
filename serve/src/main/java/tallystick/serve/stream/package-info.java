/// Answers that last: each at the pace of its reader.
@NullMarked
package tallystick.serve.stream;

import org.jspecify.annotations.NullMarked;
