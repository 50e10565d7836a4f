package tallystick.ingest.record;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// The first 128 bits of a SHA-256: enough that two different things never share one.
public record Digest(long high, long low) {
    private static final int LONG_DIGITS = 16;

    /// The digest of nothing: where sums begin.
    public static final Digest ZERO = new Digest(0, 0);

    /// Of the parts in their order; where one part ends counts.
    public static Digest of(byte[]... parts) {
        MessageDigest sha = sha256();
        for (byte[] part : parts) {
            sha.update(ByteBuffer.allocate(Integer.BYTES).putInt(part.length).array());
            sha.update(part);
        }
        ByteBuffer bytes = ByteBuffer.wrap(sha.digest());
        return new Digest(bytes.getLong(), bytes.getLong());
    }

    public static byte[] part(String text) {
        return text.getBytes(UTF_8);
    }

    /// The sum of digests, in whatever order, tells sets of things apart; each half wraps around.
    public Digest plus(Digest other) {
        return new Digest(high + other.high, low + other.low);
    }

    public Digest minus(Digest other) {
        return new Digest(high - other.high, low - other.low);
    }

    public String hex() {
        return HexFormat.of().toHexDigits(high) + HexFormat.of().toHexDigits(low);
    }

    /// @throws IllegalArgumentException when it is not what [#hex] writes
    public static Digest ofHex(String hex) {
        if (hex.length() != 2 * LONG_DIGITS) {
            throw new IllegalArgumentException(
                    "digest: %s (expected: 32 hex digits)".formatted(hex));
        }
        return new Digest(
                HexFormat.fromHexDigitsToLong(hex, 0, LONG_DIGITS),
                HexFormat.fromHexDigitsToLong(hex, LONG_DIGITS, 2 * LONG_DIGITS));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: missing (expected: every JDK has it)", e);
        }
    }
}
