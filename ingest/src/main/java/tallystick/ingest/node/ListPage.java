package tallystick.ingest.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;

/// The elements of a list call's answer, each in the bytes the node sent.
///
/// @param next where the next page begins, in the node's own count; 0 when the answer does not say
/// @param asked how many elements were asked for; 0 when all were
record ListPage(List<ByteString> elements, long next, int asked) {
    /// For answers that have no such field.
    static final int NO_NEXT_FIELD = 0;

    ListPage {
        elements = List.copyOf(elements);
    }

    /// Takes an answer apart.
    ///
    /// @param elementsField number of the repeated message field
    /// @param nextField number of the varint field that says where the next page begins
    static ListPage of(String rpc, ByteString answer, int elementsField, int nextField) {
        List<ByteString> elements = new ArrayList<>();
        long next = 0;
        try {
            CodedInputStream input = answer.newCodedInput();
            // The elements share the answer's memory.
            input.enableAliasing(true);
            for (int tag = input.readTag(); tag != 0; tag = input.readTag()) {
                int field = WireFormat.getTagFieldNumber(tag);
                int wireType = WireFormat.getTagWireType(tag);
                if (field == elementsField && wireType == WireFormat.WIRETYPE_LENGTH_DELIMITED) {
                    elements.add(input.readBytes());
                } else if (field == nextField && wireType == WireFormat.WIRETYPE_VARINT) {
                    next = input.readUInt64();
                } else {
                    input.skipField(tag);
                }
            }
        } catch (IOException e) {
            throw new IngestException(
                    ErrorCode.EXTERNAL,
                    "%s: answer of %d bytes is not readable (expected: protobuf)"
                            .formatted(rpc, answer.size()),
                    e);
        }
        return new ListPage(elements, next, 0);
    }

    ListPage withAsked(int size) {
        return new ListPage(elements, next, size);
    }
}
