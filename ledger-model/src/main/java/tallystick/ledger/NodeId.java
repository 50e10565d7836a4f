package tallystick.ledger;

/// A Lightning node, named by its identity public key: 66 lower-case hex digits.
public record NodeId(String pubkey) implements Comparable<NodeId> {
    static final int LENGTH = 66;

    public NodeId {
        if (!isPubkey(pubkey)) {
            throw new IllegalArgumentException(
                    "node: %s (expected: 66 lower-case hex digits that begin with 02 or 03)"
                            .formatted(pubkey));
        }
    }

    /// Reads what people write. Upper case becomes lower.
    ///
    /// @throws IllegalArgumentException when it is no public key; the message says what was expected
    public static NodeId parse(String text) {
        String lower = Patterns.lower(text);
        if (!isPubkey(lower)) {
            throw new IllegalArgumentException(
                    "node: %s (expected: 66 hex digits that begin with 02 or 03)".formatted(text));
        }
        return new NodeId(lower);
    }

    /// By hand: each record and each stored item names nodes several times.
    private static boolean isPubkey(String text) {
        return text.length() == LENGTH
                && text.charAt(0) == '0'
                && (text.charAt(1) == '2' || text.charAt(1) == '3')
                && Patterns.isLowerHex(text);
    }

    @Override
    public int compareTo(NodeId other) {
        return pubkey.compareTo(other.pubkey);
    }

    @Override
    public String toString() {
        return pubkey;
    }
}
