package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Hashes and their spellings.
final class Bytes {
    private static final HexFormat HEX = HexFormat.of();

    private Bytes() {}

    static String hex(ByteString bytes) {
        return HEX.formatHex(bytes.toByteArray());
    }

    static ByteString fromHex(String hex) {
        return UnsafeByteOperations.unsafeWrap(HEX.parseHex(hex));
    }

    /// Transaction ids are shown back to front.
    static ByteString reversed(String hex) {
        byte[] bytes = HEX.parseHex(hex);
        for (int i = 0; i < bytes.length / 2; i++) {
            byte other = bytes[bytes.length - 1 - i];
            bytes[bytes.length - 1 - i] = bytes[i];
            bytes[i] = other;
        }
        return UnsafeByteOperations.unsafeWrap(bytes);
    }

    static ByteString sha256(ByteString bytes) {
        try {
            return UnsafeByteOperations.unsafeWrap(
                    MessageDigest.getInstance("SHA-256").digest(bytes.toByteArray()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: not there (expected: in every Java)", e);
        }
    }
}
