/// A server with certificates of its own, for tests.
@NullMarked
package tallystick.serve.testing;

import org.jspecify.annotations.NullMarked;
