package tallystick.db.seal;

import java.nio.ByteBuffer;
import java.security.MessageDigest;

/// What a batch seals of the texts that people wrote: it can be computed from them, and from what is left when they are erased,
/// and tells nothing of them to whoever has not their salt. One use.
public final class TextCommitment {
    private final MessageDigest whole = MerkleTree.sha256();
    private final MessageDigest one = MerkleTree.sha256();

    /// Adds the texts of a record, in the order of the batch.
    ///
    /// @param ordinal of the record
    /// @param places where they stood in it
    /// @param salted the salt, then the texts
    public void add(int ordinal, byte[] places, byte[] salted) {
        whole.update(
                ByteBuffer.allocate(2 * Integer.BYTES)
                        .putInt(ordinal)
                        .putInt(places.length)
                        .array());
        whole.update(places);
        whole.update(one.digest(salted));
    }

    /// SHA-256, 32 bytes.
    public byte[] digest() {
        return whole.digest();
    }
}
