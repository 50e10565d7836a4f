/// Items: all that is known under one reference, merged from records and book entries.
/// Merging is a join: in whatever order and however often evidence comes, the item is the same.
@NullMarked
package tallystick.ledger.item;

import org.jspecify.annotations.NullMarked;
