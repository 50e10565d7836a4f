/// Whether a payment that did not succeed may be paid in another way: only when its HTLCs can never be claimed any more. Decided
/// from what the node and the chain show and from block heights, never from the time on a clock.
@NullMarked
package tallystick.ledger.refund;

import org.jspecify.annotations.NullMarked;
