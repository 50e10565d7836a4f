/// A real Postgres for tests, here and in the modules that build on this one.
@NullMarked
package tallystick.db.testing;

import org.jspecify.annotations.NullMarked;
