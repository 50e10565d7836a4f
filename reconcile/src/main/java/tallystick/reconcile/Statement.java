package tallystick.reconcile;

import java.time.Instant;
import java.util.function.UnaryOperator;
import tallystick.ledger.ItemKey;
import tallystick.ledger.item.Item;

/// What one record says about one item.
///
/// @param node who says it; empty for the books
/// @param observedAt when it was seen or booked
/// @param merge adds it to the item
record Statement(ItemKey key, String node, Instant observedAt, UnaryOperator<Item> merge) {}
