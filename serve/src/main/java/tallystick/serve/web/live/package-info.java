/// Tells open pages that the ledger went on.
@NullMarked
package tallystick.serve.web.live;

import org.jspecify.annotations.NullMarked;
