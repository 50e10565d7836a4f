package tallystick.db.seal;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What a batch sealed, as the leaves of its tree: first what it is, then the digests of rows that went and came, at most
/// `DIGESTS_MAX` of them to a leaf, so that a proof stays small while the tree costs little. Numbers are big-endian. One use.
public final class SealedBatch {
    /// Version of this encoding.
    public static final int FORMAT = 1;

    static final int DIGESTS_MAX = 64;
    static final int DIGEST_BYTES = 32;

    private static final byte HEADER = 0;
    private static final byte CHANGE = 1;

    private final List<byte[]> leaves = new ArrayList<>();

    /// @param decidedAt in microseconds, as Postgres keeps it
    public SealedBatch(long batchId, String cause, Instant decidedAt, int records) {
        byte[] text = cause.getBytes(UTF_8);
        leaves.add(
                ByteBuffer.allocate(1 + Long.BYTES + Long.BYTES + Integer.BYTES + text.length)
                        .put(HEADER)
                        .putLong(batchId)
                        .putLong(ChronoUnit.MICROS.between(Instant.EPOCH, decidedAt))
                        .putInt(records)
                        .put(text)
                        .array());
    }

    /// Adds what one statement did; in the order of ids.
    public void add(long id, String relation, boolean isOurs, byte[] removed, byte[] added) {
        addAll(id, relation, isOurs, false, removed);
        addAll(id, relation, isOurs, true, added);
    }

    private void addAll(long id, String relation, boolean isOurs, boolean isAdded, byte[] digests) {
        byte[] name = relation.getBytes(UTF_8);
        int step = DIGESTS_MAX * DIGEST_BYTES;
        for (int from = 0; from < digests.length; from += step) {
            byte[] some = Arrays.copyOfRange(digests, from, Math.min(digests.length, from + step));
            leaves.add(
                    ByteBuffer.allocate(
                                    1
                                            + Long.BYTES
                                            + 1
                                            + 1
                                            + Integer.BYTES
                                            + name.length
                                            + some.length)
                            .put(CHANGE)
                            .putLong(id)
                            .put((byte) (isOurs ? 1 : 0))
                            .put((byte) (isAdded ? 1 : 0))
                            .putInt(name.length)
                            .put(name)
                            .put(some)
                            .array());
        }
    }

    /// The batch's digest.
    public byte[] root() {
        return tree().root();
    }

    MerkleTree tree() {
        MerkleTree tree = new MerkleTree();
        leaves.forEach(tree::add);
        return tree;
    }

    List<byte[]> leaves() {
        return List.copyOf(leaves);
    }

    /// Whether a leaf says that the note added a row.
    static boolean adds(byte[] leaf, long id, byte[] digest) {
        ByteBuffer bytes = ByteBuffer.wrap(leaf);
        if (bytes.get() != CHANGE || bytes.getLong() != id) {
            return false;
        }
        bytes.get(); // Whoever wrote it.
        if (bytes.get() != 1) {
            return false;
        }
        int length = bytes.getInt();
        bytes.position(bytes.position() + length);
        byte[] one = new byte[DIGEST_BYTES];
        while (bytes.remaining() >= DIGEST_BYTES) {
            bytes.get(one);
            if (Arrays.equals(one, digest)) {
                return true;
            }
        }
        return false;
    }

    /// The head that follows: SHA-256 over the hash before, the sequence number, the batch's digest and the root over all
    /// batches before it.
    ///
    /// @param history `BatchTree.root` before this batch
    public static byte[] hash(byte[] previous, long sequence, byte[] digest, byte[] history) {
        return MerkleTree.sha256()
                .digest(
                        ByteBuffer.allocate(
                                        previous.length
                                                + Long.BYTES
                                                + digest.length
                                                + history.length)
                                .put(previous)
                                .putLong(sequence)
                                .put(digest)
                                .put(history)
                                .array());
    }

    /// The same of a batch of format 0.
    static byte[] formerHash(byte[] previous, long sequence, byte[] digest) {
        return hash(previous, sequence, digest, new byte[0]);
    }
}
