/// What all calls have in common: how failures are told, limits of time, pages, checks of what is asked.
@NullMarked
package tallystick.serve.call;

import org.jspecify.annotations.NullMarked;
