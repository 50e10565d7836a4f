/// Items: what the nodes did and the books say under one reference, with transfers and evidence.
@NullMarked
package tallystick.serve.web.item;

import org.jspecify.annotations.NullMarked;
