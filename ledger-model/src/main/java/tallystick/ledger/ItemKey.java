package tallystick.ledger;

import java.util.Optional;

/// The identity of an item: its reference and, where the reference exists once per node, the node.
/// A set id is the payment hash of the same bytes.
public record ItemKey(Reference reference, Optional<NodeId> node) implements Comparable<ItemKey> {
    public ItemKey {
        if (reference instanceof Reference.AmpSet(String setId)) {
            reference = new Reference.Payment(setId);
        }
        if (reference.isPerNode() && node.isEmpty()) {
            throw new IllegalArgumentException(
                    "node: none (expected: the node, as %s exists once per node)"
                            .formatted(reference.text()));
        }
        if (!reference.isPerNode()) {
            node = Optional.empty();
        }
    }

    public static ItemKey of(Reference reference, Optional<NodeId> node) {
        return new ItemKey(reference, node);
    }

    public static ItemKey ofPayment(String hash) {
        return new ItemKey(new Reference.Payment(hash), Optional.empty());
    }

    public static ItemKey of(NodeId node, Reference reference) {
        return new ItemKey(reference, Optional.of(node));
    }

    /// One line of text that tells this item from all others: `<reference>` or `<node>/<reference>`.
    public String text() {
        return node.map(n -> n.pubkey() + "/").orElse("") + reference.text();
    }

    /// Reads what `text` gives.
    public static ItemKey parse(String text) {
        int slash = text.indexOf('/');
        return slash == NodeId.LENGTH && text.indexOf(':') > slash
                ? of(
                        new NodeId(text.substring(0, slash)),
                        Reference.parse(text.substring(slash + 1)))
                : of(Reference.parse(text), Optional.empty());
    }

    @Override
    public int compareTo(ItemKey other) {
        return text().compareTo(other.text());
    }
}
