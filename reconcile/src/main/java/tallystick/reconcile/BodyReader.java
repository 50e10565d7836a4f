package tallystick.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;
import tallystick.ledger.NodeId;

/// Reads what `BodyWriter` wrote. One use.
///
/// Every method fails with an IllegalStateException when the body does not go on as it should.
final class BodyReader {
    private static final int PUBKEY_BYTES = 33;

    private final List<NodeId> nodes = new ArrayList<>(1);
    private final byte[] bytes;
    private final int end;
    private int position;
    private long firstSecond;
    private boolean hasTime;

    /// Checks the format, which the first byte tells, and the sum.
    BodyReader(byte[] body, int format) {
        if (body.length < 1 + Integer.BYTES || body[0] != format) {
            throw new IllegalStateException(
                    "item: body of format %s (expected: %d, what this version writes)"
                            .formatted(body.length == 0 ? "none" : body[0], format));
        }
        bytes = body;
        end = body.length - Integer.BYTES;
        position = 1;
        CRC32C sum = new CRC32C();
        sum.update(body, 0, end);
        if ((int) BodyWriter.INT.get(body, end) != (int) sum.getValue()) {
            throw unreadable("check sum", "another");
        }
    }

    void know(NodeId node) {
        nodes.add(node);
    }

    long number() {
        long value = 0;
        for (int shift = 0; shift < 7 * BodyWriter.NUMBER_BYTES_MAX; shift += 7) {
            require(1);
            byte next = bytes[position++];
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw unreadable("number", "longer than any");
    }

    /// How many parts follow; each takes a byte at least.
    int count() {
        long count = number();
        if (count < 0 || count > end - position) {
            throw unreadable("count", Long.toUnsignedString(count));
        }
        return (int) count;
    }

    /// Bits that say what follows.
    ///
    /// @param known those that this version knows
    int flags(int known) {
        long flags = number();
        if ((flags & ~known) != 0) {
            throw unreadable("flags", Long.toBinaryString(flags));
        }
        return (int) flags;
    }

    <T> T oneOf(List<T> values) {
        long number = number();
        if (number < 0 || number >= values.size()) {
            throw unreadable(
                    values.getFirst().getClass().getSimpleName(), Long.toUnsignedString(number));
        }
        return values.get((int) number);
    }

    long signed() {
        return unzigzag(number());
    }

    private static long unzigzag(long value) {
        return (value >>> 1) ^ -(value & 1);
    }

    long fixed() {
        require(Long.BYTES);
        long value = (long) BodyWriter.LONG.get(bytes, position);
        position += Long.BYTES;
        return value;
    }

    String text() {
        int length = count();
        position += length;
        return new String(bytes, position - length, length, UTF_8);
    }

    byte[] raw(int length) {
        require(length);
        position += length;
        return Arrays.copyOfRange(bytes, position - length, position);
    }

    NodeId node() {
        long index = number();
        if (index < 0 || index > nodes.size()) {
            throw unreadable("node", Long.toUnsignedString(index));
        }
        if (index == nodes.size()) {
            require(PUBKEY_BYTES);
            nodes.add(
                    new NodeId(HexFormat.of().formatHex(bytes, position, position + PUBKEY_BYTES)));
            position += PUBKEY_BYTES;
        }
        return nodes.get((int) index);
    }

    long seconds() {
        return ofFirst(signed());
    }

    Instant time() {
        long value = number();
        long second = ofFirst(unzigzag(value >>> 1));
        return Instant.ofEpochSecond(second, (value & 1) == 0 ? 0 : number());
    }

    private long ofFirst(long difference) {
        if (!hasTime) {
            hasTime = true;
            firstSecond = difference;
            return difference;
        }
        return firstSecond + difference;
    }

    /// Nothing may be left.
    void end() {
        if (position != end) {
            throw unreadable("end", (end - position) + " bytes more");
        }
    }

    byte[] rest() {
        return raw(end - position);
    }

    private void require(int length) {
        if (end - position < length) {
            throw unreadable("length", "at its end");
        }
    }

    private IllegalStateException unreadable(String what, String found) {
        return new IllegalStateException(
                "item: body with %s at byte %d: %s (expected: what was written)"
                        .formatted(what, position, found));
    }
}
