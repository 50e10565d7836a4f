/// What all pages have in common: the frame, templates, figures as people read them.
@NullMarked
package tallystick.serve.web.page;

import org.jspecify.annotations.NullMarked;
