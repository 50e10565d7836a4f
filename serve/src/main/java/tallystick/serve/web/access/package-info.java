/// People, their passwords and sessions. Whatever way somebody signs in by, it comes to a [Person][tallystick.serve.web.access.Person].
@NullMarked
package tallystick.serve.web.access;

import org.jspecify.annotations.NullMarked;
