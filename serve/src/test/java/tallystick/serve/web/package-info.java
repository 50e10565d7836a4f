@NullMarked
package tallystick.serve.web;

import org.jspecify.annotations.NullMarked;
