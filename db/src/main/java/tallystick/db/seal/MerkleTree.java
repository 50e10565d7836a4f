package tallystick.db.seal;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;

/// A Merkle tree as RFC 6962 builds it: leaves are digested behind a byte 0, inner nodes behind a byte 1, and the left part of
/// a node holds the largest power of two of leaves that leaves something for the right.
final class MerkleTree {
    private static final byte LEAF = 0;
    private static final byte NODE = 1;

    private final MessageDigest digest = sha256();
    private final List<byte[]> leaves = new ArrayList<>();

    /// Adds a leaf.
    void add(byte[] content) {
        leaves.add(hash(digest, LEAF, content, new byte[0]));
    }

    /// SHA-256, 32 bytes; without leaves that of nothing.
    byte[] root() {
        return leaves.isEmpty() ? digest.digest() : root(0, leaves.size());
    }

    private byte[] root(int from, int to) {
        if (to - from == 1) {
            return leaves.get(from);
        }
        int middle = middle(from, to);
        return hash(digest, NODE, root(from, middle), root(middle, to));
    }

    private static int middle(int from, int to) {
        return from + Integer.highestOneBit(to - from - 1);
    }

    /// What leads from a leaf to the root: the neighbours on the way up.
    List<Step> path(int leaf) {
        List<Step> path = new ArrayList<>();
        addPath(0, leaves.size(), leaf, path);
        return path;
    }

    /// A neighbour on the way to the root.
    ///
    /// @param isLeft whether it stands to the left
    record Step(boolean isLeft, byte[] hash) {}

    private void addPath(int from, int to, int leaf, List<Step> path) {
        if (to - from == 1) {
            return;
        }
        int middle = middle(from, to);
        if (leaf < middle) {
            addPath(from, middle, leaf, path);
            path.add(new Step(false, root(middle, to)));
        } else {
            addPath(middle, to, leaf, path);
            path.add(new Step(true, root(from, middle)));
        }
    }

    static byte[] leafHash(byte[] content) {
        return hash(sha256(), LEAF, content, new byte[0]);
    }

    static byte[] nodeHash(byte[] left, byte[] right) {
        return hash(sha256(), NODE, left, right);
    }

    private static byte[] hash(MessageDigest digest, byte prefix, byte[] left, byte[] right) {
        digest.update(prefix);
        digest.update(left);
        return digest.digest(right);
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: missing (expected: in every JDK)", e);
        }
    }
}
