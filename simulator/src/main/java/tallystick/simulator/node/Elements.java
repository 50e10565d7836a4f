package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/// An answer with a repeated field of messages that are bytes already, and some numbers. One thread.
final class Elements {
    private static final int FIRST_SIZE = 1 << 16;

    private final ByteString.Output bytes = ByteString.newOutput(FIRST_SIZE);
    private final CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    private int count;

    void add(int field, ByteString element) {
        try {
            out.writeBytes(field, element);
            count++;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int count() {
        return count;
    }

    /// As in proto3, 0 is left out.
    Elements number(int field, long value) {
        try {
            if (value != 0) {
                out.writeUInt64(field, value);
            }
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ByteString build() {
        try {
            out.flush();
            return bytes.toByteString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
