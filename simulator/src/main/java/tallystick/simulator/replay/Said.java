package tallystick.simulator.replay;

import com.google.protobuf.ByteString;

/// A message of a stream.
///
/// @param step its line's place in the timeline; negative when it was composed and is no line's message
record Said(ByteString bytes, int step) {
    static final int COMPOSED = -1;

    static Said composed(ByteString bytes) {
        return new Said(bytes, COMPOSED);
    }
}
