package tallystick.simulator.node;

import com.google.protobuf.ByteString;

/// Hears what a node tells on its streams. Called by the thread that lets the node live, one message at a time; asks nothing
/// of the node meanwhile.
@FunctionalInterface
public interface Listener {
    /// @param rpc the stream, as [tallystick.simulator.server.Rpc] names it
    /// @param message as lnd encodes it
    void told(String rpc, ByteString message);
}
