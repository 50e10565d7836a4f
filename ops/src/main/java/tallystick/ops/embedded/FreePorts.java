package tallystick.ops.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/// Ports of this machine that nobody listens on at the moment of asking. Another program may take one before it is used:
/// whoever uses them tries again once with others.
public final class FreePorts {
    private static final byte[] LOOPBACK = {127, 0, 0, 1};

    private FreePorts() {}

    /// Distinct free ports of 127.0.0.1.
    public static List<Integer> take(int count) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                held.add(new ServerSocket(0, 1, loopback()));
            }
            return held.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (ServerSocket socket : held) {
                socket.close();
            }
        }
    }

    private static InetAddress loopback() throws UnknownHostException {
        return InetAddress.getByAddress(LOOPBACK);
    }
}
