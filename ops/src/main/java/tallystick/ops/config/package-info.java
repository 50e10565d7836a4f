/// What a business sets: one typed mapping, read from a file, the environment and flags. Nothing is started before all of
/// it is known to be good.
@NullMarked
package tallystick.ops.config;

import org.jspecify.annotations.NullMarked;
