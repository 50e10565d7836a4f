/// The register for people: the list, one mismatch, and what is decided about it.
@NullMarked
package tallystick.serve.web.mismatch;

import org.jspecify.annotations.NullMarked;
