/// The first page: today, and what needs a person now.
@NullMarked
package tallystick.serve.web.overview;

import org.jspecify.annotations.NullMarked;
