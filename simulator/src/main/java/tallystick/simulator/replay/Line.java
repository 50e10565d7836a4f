package tallystick.simulator.replay;

import com.google.protobuf.ByteString;

/// One line of a recording.
sealed interface Line {
    /// When it was observed, in nanoseconds of Unix time.
    long at();

    /// Its number in its file, from 1.
    int number();

    /// A remark of the recorder or of those who drove the nodes.
    record Mark(long at, int number, String text) implements Line {}

    record Request(long at, int number, long call, String rpc, ByteString bytes) implements Line {}

    record Message(long at, int number, long call, String rpc, ByteString bytes) implements Line {}

    record End(long at, int number, long call, String rpc, int code, String detail)
            implements Line {}
}
