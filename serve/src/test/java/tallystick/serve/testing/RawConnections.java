package tallystick.serve.testing;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/// Connections that send what no proper client sends. All are closed with it. One thread opens.
public final class RawConnections implements AutoCloseable {
    /// With an empty frame of settings.
    private static final byte[] HTTP2_BEGIN =
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0".getBytes(US_ASCII);

    private static final Duration BETWEEN_BYTES = Duration.ofMillis(300);

    private final InetSocketAddress server;
    private final List<Socket> all = new ArrayList<>();

    public RawConnections(InetSocketAddress server) {
        this.server = server;
    }

    public Socket plain() throws IOException {
        var socket = new Socket(server.getAddress(), server.getPort());
        all.add(socket);
        return socket;
    }

    /// @param protocol that the client asks for, as `h2`
    public SSLSocket encrypted(SSLContext context, String protocol) throws IOException {
        var socket =
                (SSLSocket)
                        context.getSocketFactory()
                                .createSocket(plain(), "localhost", server.getPort(), true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {protocol});
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }

    /// One that has begun HTTP/2 and says no more.
    public SSLSocket begun(SSLContext context) throws IOException {
        SSLSocket socket = encrypted(context, "h2");
        socket.getOutputStream().write(HTTP2_BEGIN);
        return socket;
    }

    /// Sends one byte after the other until the server has had enough.
    ///
    /// @param first sent at once
    /// @return how long that took
    public static Duration drip(Socket socket, byte[] first) {
        long begun = System.nanoTime();
        try {
            OutputStream out = socket.getOutputStream();
            InputStream in = socket.getInputStream();
            socket.setSoTimeout((int) BETWEEN_BYTES.toMillis());
            out.write(first);
            while (!isOver(in)) {
                out.write('a');
            }
        } catch (IOException _) {
            // Cut off.
        }
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    /// Says nothing until the server has had enough.
    ///
    /// @return how long that took
    public static Duration untilEnded(Socket socket) {
        long begun = System.nanoTime();
        try {
            while (socket.getInputStream().read() >= 0) {
                // What it says first is of no interest.
            }
        } catch (IOException _) {
            // Cut off.
        }
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    private static boolean isOver(InputStream in) throws IOException {
        try {
            return in.read() < 0;
        } catch (SocketTimeoutException _) {
            return false;
        }
    }

    /// Sends this, and what comes back until the server ends it or says nothing for a while.
    public static String answer(Socket socket, String sent) throws IOException {
        var answer = new StringBuilder();
        try {
            socket.setSoTimeout((int) Duration.ofSeconds(15).toMillis());
            socket.getOutputStream().write(sent.getBytes(US_ASCII));
            socket.getOutputStream().flush();
            int next = socket.getInputStream().read();
            while (next >= 0) {
                answer.append((char) next);
                next = socket.getInputStream().read();
            }
        } catch (SocketTimeoutException e) {
            throw new AssertionError("still open after: " + answer, e);
        } catch (IOException _) {
            // Cut off.
        }
        return answer.toString();
    }

    @Override
    public void close() throws IOException {
        for (Socket socket : all) {
            socket.close();
        }
    }
}
