/// What people decided about mismatches. Evidence like any other: it is merged into its item, and the rules look at it.
@NullMarked
package tallystick.ledger.decision;

import org.jspecify.annotations.NullMarked;
