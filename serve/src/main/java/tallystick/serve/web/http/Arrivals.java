package tallystick.serve.web.http;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Ends connections on which the next request does not arrive in time. Bytes that drip in are no reason to wait on: a request
/// with its form is to be whole by then, the handshake of TLS before it. Any thread.
public final class Arrivals implements Connection.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(Arrivals.class);

    /// From the opening of a connection, or its last answer, to the end of the next request. A browser sends one at once, and
    /// opens another connection where this one is gone.
    private static final Duration LIMIT = Duration.ofSeconds(15);

    /// Since when a request is awaited; no entry while one is being answered.
    private final Map<EndPoint, Long> awaited = new ConcurrentHashMap<>();

    @Override
    public void onOpened(Connection connection) {
        // With TLS there are two, one after the other, on one socket.
        awaited.putIfAbsent(socket(connection), System.nanoTime());
    }

    @Override
    public void onClosed(Connection connection) {
        awaited.remove(socket(connection));
    }

    /// Until it is answered, the connection may take its time.
    void arrived(Request request) {
        EndPoint socket = socket(request.getConnectionMetaData().getConnection());
        awaited.remove(socket);
        Request.addCompletionListener(
                request,
                _ -> {
                    if (socket.isOpen()) {
                        awaited.put(socket, System.nanoTime());
                    }
                });
    }

    /// To be called again and again: ends those that are late.
    public void look() {
        long now = System.nanoTime();
        awaited.forEach(
                (socket, since) -> {
                    if (!socket.isOpen()) {
                        awaited.remove(socket, since);
                    } else if (now - since > LIMIT.toNanos() && awaited.remove(socket, since)) {
                        LOG.atDebug()
                                .addKeyValue("address", socket.getRemoteSocketAddress())
                                .log("connection ended: no request in time");
                        socket.close();
                    }
                });
    }

    private static EndPoint socket(Connection connection) {
        EndPoint socket = connection.getEndPoint();
        while (socket instanceof EndPoint.Wrapper wrapper) {
            socket = wrapper.unwrap();
        }
        return socket;
    }
}
