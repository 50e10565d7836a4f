/// Entries without a reference: which settlements they may be about. Keys first, then amounts; pure, bounded and independent
/// of the order in which things came. Items (`tallystick.ledger.item`) go in, proposals come out; the reconciler acts on them.
@NullMarked
package tallystick.ledger.match;

import org.jspecify.annotations.NullMarked;
