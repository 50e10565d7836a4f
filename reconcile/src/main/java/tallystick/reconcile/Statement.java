package tallystick.reconcile;

import java.time.Instant;
import java.util.Optional;
import java.util.function.UnaryOperator;
import tallystick.ledger.ItemKey;
import tallystick.ledger.decision.Decision;
import tallystick.ledger.item.Item;

/// What one record says about one item.
///
/// @param node who says it; empty for the books
/// @param observedAt when it was seen, booked or decided
/// @param merge adds it to the item
/// @param decision the person's decision that it is; empty for all else
record Statement(
        ItemKey key,
        String node,
        Instant observedAt,
        UnaryOperator<Item> merge,
        Optional<Decision> decision) {
    Statement(ItemKey key, String node, Instant observedAt, UnaryOperator<Item> merge) {
        this(key, node, observedAt, merge, Optional.empty());
    }
}
