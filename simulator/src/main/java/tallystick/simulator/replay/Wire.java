package tallystick.simulator.replay;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Takes protobuf messages apart and puts them together without decoding what is inside: so the parts stay, byte for
/// byte, as the node wrote them, with fields that we do not know and in the order that it chose.
final class Wire {
    private Wire() {}

    /// The elements of a repeated message field.
    static List<ByteString> elements(ByteString message, int field) {
        var elements = new ArrayList<ByteString>();
        CodedInputStream in = message.newCodedInput();
        try {
            for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                if (WireFormat.getTagFieldNumber(tag) == field
                        && WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                    elements.add(in.readBytes());
                } else {
                    in.skipField(tag);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return elements;
    }

    static <M extends Message> M parse(Parser<M> parser, ByteString bytes) {
        try {
            return parser.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Empty when the bytes are not such a message.
    static <M extends Message> Optional<M> tryParse(Parser<M> parser, ByteString bytes) {
        try {
            return Optional.of(parser.parseFrom(bytes));
        } catch (InvalidProtocolBufferException _) {
            return Optional.empty(); // What nodes send need not be sound; it is served as it is.
        }
    }

    /// Builds a message from a repeated field and numbers. As in proto3, a number that is 0 is left out.
    static final class Builder {
        private final ByteString.Output bytes = ByteString.newOutput();
        private final CodedOutputStream out = CodedOutputStream.newInstance(bytes);

        Builder elements(int field, List<ByteString> elements) {
            try {
                for (ByteString element : elements) {
                    out.writeBytes(field, element);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return this;
        }

        Builder number(int field, long value) {
            try {
                if (value != 0) {
                    out.writeUInt64(field, value);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return this;
        }

        ByteString build() {
            try {
                out.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return bytes.toByteString();
        }
    }
}
