package tallystick.simulator.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.protobuf.ByteString;
import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tallystick.simulator.tls.NodeCertificate;

/// The gRPC server of one node: loopback, TLS, macaroon. It knows the calls by name only and hands the bytes on. It can be
/// stopped and started again; certificate, macaroon and port stay the same. One thread starts and stops it.
public final class NodeServer implements AutoCloseable {
    public static final String HOST = "127.0.0.1";
    public static final Metadata.Key<String> MACAROON =
            Metadata.Key.of("macaroon", Metadata.ASCII_STRING_MARSHALLER);

    /// lnd drops clients that ping more often.
    private static final long KEEP_ALIVE_MIN_SECONDS = 5;

    /// Under way to a client at once. Little would make a long backlog slow, much would be a queue that nobody sees.
    private static final int READY_BYTES = 1 << 18;

    private static final int MACAROON_SIZE = 96;
    private static final byte MACAROON_VERSION = 2;
    private static final long STOP_SECONDS = 5;

    private final NodeCalls calls;
    private final Path directory;
    private final @Nullable Executor executor;
    private final NodeCertificate certificate;
    private final byte[] macaroon = newMacaroon();
    private final AtomicInteger accepted = new AtomicInteger();
    private volatile int port;
    private @Nullable Server server;

    /// Makes certificate and macaroon and writes them to the directory. Listens when it is started.
    ///
    /// @param now by the machine's time: TLS checks certificates against it
    /// @param executor runs the calls; null for gRPC's own, which all servers of a process share
    public static NodeServer create(
            String alias,
            Path directory,
            Instant now,
            NodeCalls calls,
            @Nullable Executor executor) {
        try {
            Files.createDirectories(directory);
            return new NodeServer(alias, directory, now, calls, executor);
        } catch (IOException e) {
            throw new UncheckedIOException("node " + alias, e);
        }
    }

    private NodeServer(
            String alias, Path directory, Instant now, NodeCalls calls, @Nullable Executor executor)
            throws IOException {
        this.calls = calls;
        this.directory = directory;
        this.executor = executor;
        certificate = NodeCertificate.selfSigned(alias, now);
        Files.writeString(tlsCertificate(), certificate.certificate());
        Files.write(macaroon(), macaroon);
    }

    /// Listens on a free port, or again on that of its first start.
    public void start() {
        try {
            Server fresh =
                    NettyServerBuilder.forAddress(
                                    new InetSocketAddress(InetAddress.ofLiteral(HOST), port),
                                    TlsServerCredentials.create(
                                            stream(certificate.certificate()),
                                            stream(certificate.privateKey())))
                            .executor(executor)
                            .permitKeepAliveTime(KEEP_ALIVE_MIN_SECONDS, TimeUnit.SECONDS)
                            .fallbackHandlerRegistry(new AnyCall())
                            .build()
                            .start();
            port = fresh.getPort();
            server = fresh;
        } catch (IOException e) {
            throw new UncheckedIOException("node server, port " + port, e);
        }
    }

    public int port() {
        return port;
    }

    public Path tlsCertificate() {
        return directory.resolve("tls.cert");
    }

    public Path macaroon() {
        return directory.resolve("readonly.macaroon");
    }

    /// How many calls have reached it, refused ones too.
    public int callsSoFar() {
        return accepted.get();
    }

    /// Takes no new calls, and gives those that are ending so long to end.
    public void stop(Duration grace) {
        Server running = server;
        if (running != null) {
            running.shutdown();
            await(running, grace);
            close();
        }
    }

    /// Cuts all connections.
    @Override
    public void close() {
        Server running = server;
        if (running != null) {
            server = null;
            running.shutdownNow();
            await(running, Duration.ofSeconds(STOP_SECONDS));
        }
    }

    private static void await(Server server, Duration limit) {
        try {
            server.awaitTermination(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static byte[] newMacaroon() {
        byte[] bytes = new byte[MACAROON_SIZE];
        new SecureRandom().nextBytes(bytes);
        bytes[0] = MACAROON_VERSION;
        return bytes;
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(US_ASCII));
    }

    /// The texts are lnd's, which has no codes for them.
    private Optional<Status> macaroonProblem(Metadata headers) {
        var given = new ArrayList<String>();
        Iterable<String> all = headers.getAll(MACAROON);
        if (all != null) {
            all.forEach(given::add);
        }
        if (given.size() != 1) {
            return Optional.of(unknown("expected 1 macaroon, got " + given.size()));
        }
        byte[] bytes;
        try {
            bytes = HexFormat.of().parseHex(given.getFirst());
        } catch (IllegalArgumentException _) {
            return Optional.of(unknown("cannot get macaroon: not hex"));
        }
        return MessageDigest.isEqual(bytes, macaroon)
                ? Optional.empty()
                : Optional.of(
                        unknown(
                                "verification failed: signature mismatch after caveat verification"));
    }

    private static Status unknown(String description) {
        return Status.UNKNOWN.withDescription(description);
    }

    private ServerCall.Listener<ByteString> start(
            ServerCall<ByteString, ByteString> call, Metadata headers) {
        String rpc = "/" + call.getMethodDescriptor().getFullMethodName();
        accepted.incrementAndGet();
        Optional<Status> refusal =
                calls.refusal(rpc)
                        .or(
                                () ->
                                        Rpc.needsNoMacaroon(rpc)
                                                ? Optional.empty()
                                                : macaroonProblem(headers));
        if (refusal.isPresent()) {
            call.close(refusal.get(), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        call.setOnReadyThreshold(READY_BYTES);
        call.request(1);
        return new Incoming(call, rpc);
    }

    /// Collects the one request of a call and hands it to the node.
    private final class Incoming extends ServerCall.Listener<ByteString> {
        private final ServerCall<ByteString, ByteString> call;
        private final String rpc;
        private ByteString request = ByteString.EMPTY;
        private @Nullable Exchange exchange;

        Incoming(ServerCall<ByteString, ByteString> call, String rpc) {
            this.call = call;
            this.rpc = rpc;
        }

        @Override
        public void onMessage(ByteString message) {
            request = message;
        }

        @Override
        public void onHalfClose() {
            var opened = new Exchange(call, rpc, request);
            exchange = opened;
            calls.open(opened);
        }

        @Override
        public void onReady() {
            Exchange opened = exchange;
            if (opened != null) {
                opened.onReady();
            }
        }

        @Override
        public void onCancel() {
            Exchange opened = exchange;
            if (opened != null) {
                opened.canceledByClient();
                calls.canceledByClient(opened);
            }
        }
    }

    /// Takes every call there is, also those that no node knows: the node says so.
    private final class AnyCall extends HandlerRegistry {
        @Override
        public ServerMethodDefinition<?, ?> lookupMethod(String name, @Nullable String authority) {
            return ServerMethodDefinition.create(
                    MethodDescriptor.<ByteString, ByteString>newBuilder(
                                    BytesMarshaller.INSTANCE, BytesMarshaller.INSTANCE)
                            .setType(MethodDescriptor.MethodType.UNKNOWN)
                            .setFullMethodName(name)
                            .build(),
                    NodeServer.this::start);
        }
    }

    /// Messages as they are on the wire.
    public enum BytesMarshaller implements MethodDescriptor.Marshaller<ByteString> {
        INSTANCE;

        @Override
        public InputStream stream(ByteString value) {
            return value.newInput();
        }

        @Override
        public ByteString parse(InputStream stream) {
            try {
                return ByteString.readFrom(stream);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
