package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;

/// What nobody knows yet.
final class Unknown {
    static final int ENUM = 77;
    private static final int FIELD = 4711;
    static final UnknownFieldSet FIELDS =
            UnknownFieldSet.newBuilder()
                    .addField(
                            FIELD,
                            UnknownFieldSet.Field.newBuilder()
                                    .addLengthDelimited(
                                            ByteString.copyFromUtf8("of a later version"))
                                    .build())
                    .build();

    private Unknown() {}
}
