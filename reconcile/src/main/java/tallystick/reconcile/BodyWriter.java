package tallystick.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;
import tallystick.ledger.NodeId;

/// Writes the body of an item, value by value; `BodyReader` reads the same values in the same order. One use.
final class BodyWriter {
    /// Numbers are written seven bits a byte, the lowest first; the eighth bit says that there are more.
    static final int NUMBER_BYTES_MAX = 10;

    static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    /// Enough for nearly all.
    private static final int USUAL_SIZE = 256;

    private final List<NodeId> nodes = new ArrayList<>(1);
    private byte[] bytes = new byte[USUAL_SIZE];
    private int size;
    private long firstSecond;
    private boolean hasTime;

    /// This node has number 0 and is not written: the reader knows it.
    void know(NodeId node) {
        nodes.add(node);
    }

    /// Without a sign: a negative one takes ten bytes.
    void number(long value) {
        reserve(NUMBER_BYTES_MAX);
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes[size++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[size++] = (byte) rest;
    }

    /// By its number among all that there are.
    <T> void oneOf(List<T> values, T value) {
        int number = values.indexOf(value);
        if (number < 0) {
            throw new IllegalStateException(
                    "item: %s (expected: one of %s)".formatted(value, values));
        }
        number(number);
    }

    /// Near zero on either side, few bytes.
    void signed(long value) {
        number(zigzag(value));
    }

    private static long zigzag(long value) {
        return (value << 1) ^ (value >> 63);
    }

    /// A number of which any bit may be set, such as a channel's.
    void fixed(long value) {
        reserve(Long.BYTES);
        LONG.set(bytes, size, value);
        size += Long.BYTES;
    }

    void text(String text) {
        byte[] encoded = text.getBytes(UTF_8);
        number(encoded.length);
        raw(encoded);
    }

    void raw(byte[] some) {
        reserve(some.length);
        System.arraycopy(some, 0, bytes, size, some.length);
        size += some.length;
    }

    /// Its number among the body's nodes; where it is the first time, its key follows.
    void node(NodeId node) {
        int index = nodes.indexOf(node);
        if (index >= 0) {
            number(index);
            return;
        }
        number(nodes.size());
        nodes.add(node);
        raw(HexFormat.of().parseHex(node.pubkey()));
    }

    /// The difference to the body's first time. Unit: s.
    void seconds(long seconds) {
        signed(sinceFirst(seconds));
    }

    /// The same doubled, and one more where nanoseconds follow.
    void time(Instant time) {
        long seconds = zigzag(sinceFirst(time.getEpochSecond()));
        int nanos = time.getNano();
        number(seconds << 1 | (nanos == 0 ? 0 : 1));
        if (nanos != 0) {
            number(nanos);
        }
    }

    private long sinceFirst(long second) {
        if (!hasTime) {
            hasTime = true;
            firstSecond = second;
            return second;
        }
        return second - firstSecond;
    }

    /// All that was written, and its check sum.
    byte[] toBytes() {
        CRC32C sum = new CRC32C();
        sum.update(bytes, 0, size);
        reserve(Integer.BYTES);
        INT.set(bytes, size, (int) sum.getValue());
        return Arrays.copyOf(bytes, size + Integer.BYTES);
    }

    private void reserve(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, size + more));
        }
    }
}
