package tallystick.ledger;

import java.util.regex.Pattern;

/// A Lightning node, named by its identity public key: 66 lower-case hex digits.
public record NodeId(String pubkey) implements Comparable<NodeId> {
    static final int LENGTH = 66;

    private static final Pattern PUBKEY = Pattern.compile("0[23][0-9a-f]{64}");

    public NodeId {
        if (!PUBKEY.matcher(pubkey).matches()) {
            throw new IllegalArgumentException(
                    "node: %s (expected: 66 lower-case hex digits that begin with 02 or 03)"
                            .formatted(pubkey));
        }
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
