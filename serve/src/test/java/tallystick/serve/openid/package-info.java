@NullMarked
package tallystick.serve.openid;

import org.jspecify.annotations.NullMarked;
