package tallystick.ingest.record;

import com.google.protobuf.ByteString;
import java.util.HexFormat;
import java.util.Locale;

/// How lnd writes things down.
final class Lnd {
    private static final HexFormat HEX = HexFormat.of();
    private static final int HASH_BYTES = 32;

    private Lnd() {}

    static String hex(ByteString bytes) {
        return HEX.formatHex(bytes.toByteArray());
    }

    /// A hash of 32 bytes from hex.
    static ByteString hash(String name, String hex) {
        try {
            return requireHash(
                    name, ByteString.copyFrom(HEX.parseHex(hex.toLowerCase(Locale.ROOT))));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "%s: %s (expected: 64 hex digits)".formatted(name, hex), e);
        }
    }

    static ByteString requireHash(String name, ByteString bytes) {
        if (bytes.size() != HASH_BYTES) {
            throw new IllegalArgumentException(
                    "%s: %s (expected: %d bytes)".formatted(name, hex(bytes), HASH_BYTES));
        }
        return bytes;
    }

    /// lnd has transaction ids in internal order where they are bytes; people and explorers read them reversed.
    static String txid(ByteString internalOrder) {
        byte[] bytes = requireHash("txid", internalOrder).toByteArray();
        byte[] display = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            display[i] = bytes[bytes.length - 1 - i];
        }
        return HEX.formatHex(display);
    }

    /// lnd writes a transaction that does not exist as zeros.
    static String txidOrEmpty(String txid) {
        return txid.chars().allMatch(c -> c == '0') ? "" : txid;
    }

    static ByteString emptyIfZero(ByteString bytes) {
        for (int i = 0; i < bytes.size(); i++) {
            if (bytes.byteAt(i) != 0) {
                return bytes;
            }
        }
        return ByteString.EMPTY;
    }

    /// Go's zero time comes as a large negative number; it means "not".
    static long timeOrZero(long seconds) {
        return Math.max(seconds, 0);
    }

    static long nonNegative(String name, long value) {
        if (value < 0) {
            throw new IllegalArgumentException(
                    "%s: %d (expected: 0 or more)".formatted(name, value));
        }
        return value;
    }
}
