package tallystick.db.seal;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/// The Merkle tree over all batches that sealed their rows, as RFC 6962 builds it, kept by the roots of its full parts alone.
/// Each head contains the root over all batches before it, so that a proof that leads from a row to a head needs no more than a
/// few hashes for however many batches lie between. Not for several threads.
public final class BatchTree {
    private final Deque<byte[]> peaks = new ArrayDeque<>();
    private long size;

    /// @param size how many batches there are
    /// @param peaks roots of its full parts, the largest first, one after the other
    public BatchTree(long size, byte[] peaks) {
        if (peaks.length != Long.bitCount(size) * SealedBatch.DIGEST_BYTES) {
            throw new IllegalStateException(
                    "peaks: %d bytes (expected: %d of %d batches)"
                            .formatted(
                                    peaks.length,
                                    Long.bitCount(size) * SealedBatch.DIGEST_BYTES,
                                    size));
        }
        this.size = size;
        for (int from = 0; from < peaks.length; from += SealedBatch.DIGEST_BYTES) {
            this.peaks.addLast(Arrays.copyOfRange(peaks, from, from + SealedBatch.DIGEST_BYTES));
        }
    }

    /// What is digested as a batch's leaf: int64 sequence, then the batch's digest.
    static byte[] leaf(long sequence, byte[] digest) {
        return ByteBuffer.allocate(Long.BYTES + digest.length)
                .putLong(sequence)
                .put(digest)
                .array();
    }

    /// Adds a batch.
    public void add(long sequence, byte[] digest) {
        byte[] peak = MerkleTree.leafHash(leaf(sequence, digest));
        for (long full = size; (full & 1) == 1; full >>= 1) {
            peak = MerkleTree.nodeHash(peaks.removeLast(), peak);
        }
        peaks.addLast(peak);
        size++;
    }

    /// SHA-256, 32 bytes; without batches that of nothing.
    public byte[] root() {
        if (peaks.isEmpty()) {
            return MerkleTree.sha256().digest();
        }
        List<byte[]> all = new ArrayList<>(peaks);
        byte[] root = all.getLast();
        for (int i = all.size() - 2; i >= 0; i--) {
            root = MerkleTree.nodeHash(all.get(i), root);
        }
        return root;
    }

    public long size() {
        return size;
    }

    public byte[] peaks() {
        ByteBuffer bytes = ByteBuffer.allocate(peaks.size() * SealedBatch.DIGEST_BYTES);
        peaks.forEach(bytes::put);
        return bytes.array();
    }
}
