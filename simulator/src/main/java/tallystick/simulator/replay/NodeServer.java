package tallystick.simulator.replay;

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
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tallystick.simulator.tls.NodeCertificate;

/// The gRPC server of one node: loopback, TLS, macaroon. It knows the calls by name only and hands the bytes on, so that
/// messages are served as they were recorded.
final class NodeServer implements AutoCloseable {
    static final String HOST = "127.0.0.1";
    static final Metadata.Key<String> MACAROON =
            Metadata.Key.of("macaroon", Metadata.ASCII_STRING_MARSHALLER);

    /// lnd drops clients that ping more often.
    private static final long KEEP_ALIVE_MIN_SECONDS = 5;

    private static final int MACAROON_SIZE = 96;
    private static final byte MACAROON_VERSION = 2;
    private static final long STOP_SECONDS = 5;

    private final ReplayedNode node;
    private final Stage stage;
    private final Path directory;
    private final byte[] macaroon = newMacaroon();
    private final Server server;

    /// Makes certificate and macaroon in the directory and starts to listen on a free port.
    static NodeServer start(
            ReplayedNode node, Stage stage, Path directory, Instant now, Executor executor) {
        try {
            Files.createDirectories(directory);
            var result = new NodeServer(node, stage, directory, now, executor);
            result.server.start();
            return result;
        } catch (IOException e) {
            throw new UncheckedIOException("node " + node.alias(), e);
        }
    }

    private NodeServer(
            ReplayedNode node, Stage stage, Path directory, Instant now, Executor executor)
            throws IOException {
        this.node = node;
        this.stage = stage;
        this.directory = directory;
        NodeCertificate certificate = NodeCertificate.selfSigned(node.alias(), now);
        Files.writeString(tlsCertificate(), certificate.certificate());
        Files.write(macaroonFile(), macaroon);
        server =
                NettyServerBuilder.forAddress(
                                new InetSocketAddress(InetAddress.ofLiteral(HOST), 0),
                                TlsServerCredentials.create(
                                        stream(certificate.certificate()),
                                        stream(certificate.privateKey())))
                        .executor(executor)
                        .permitKeepAliveTime(KEEP_ALIVE_MIN_SECONDS, TimeUnit.SECONDS)
                        .fallbackHandlerRegistry(new AnyCall())
                        .build();
    }

    ReplayNode address() {
        return new ReplayNode(
                node.alias(),
                node.script().pubkey(),
                HOST,
                server.getPort(),
                tlsCertificate(),
                macaroonFile(),
                node.script().network());
    }

    /// Cuts all connections.
    @Override
    public void close() {
        server.shutdownNow();
        try {
            server.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private Path tlsCertificate() {
        return directory.resolve("tls.cert");
    }

    private Path macaroonFile() {
        return directory.resolve("readonly.macaroon");
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
        Optional<Status> refusal =
                stage.with(() -> node.refusal(rpc))
                        .or(
                                () ->
                                        Rpc.needsNoMacaroon(rpc)
                                                ? Optional.empty()
                                                : macaroonProblem(headers));
        if (refusal.isPresent()) {
            call.close(refusal.get(), new Metadata());
            return new ServerCall.Listener<>() {};
        }
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
            stage.with(() -> node.open(opened));
        }

        @Override
        public void onCancel() {
            Exchange opened = exchange;
            if (opened != null) {
                stage.with(() -> node.canceledByClient(opened));
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

    enum BytesMarshaller implements MethodDescriptor.Marshaller<ByteString> {
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
