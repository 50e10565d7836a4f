package tallystick.ingest.check;

import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tallystick.ingest.NodeConfig;
import tallystick.proto.lnrpc.Chain;
import tallystick.proto.lnrpc.GetInfoResponse;
import tallystick.proto.lnrpc.SubscribeStateResponse;
import tallystick.proto.lnrpc.WalletState;

/// A node with nothing in it, over TLS on 127.0.0.1: it says who it is, how its wallet is, and declines what it is told to
/// decline, in lnd's words. It may stand behind a proxy that wants to see a client certificate.
final class ScriptedNode implements AutoCloseable {
    static final String PUBKEY = "02" + "a1".repeat(32);

    private static final Metadata.Key<String> MACAROON =
            Metadata.Key.of("macaroon", Metadata.ASCII_STRING_MARSHALLER);

    final Set<String> denied = ConcurrentHashMap.newKeySet();
    final Set<String> unknown = ConcurrentHashMap.newKeySet();
    final Set<String> asked = ConcurrentHashMap.newKeySet();
    volatile WalletState wallet = WalletState.SERVER_ACTIVE;
    volatile String network = "regtest";

    private final Path directory;
    private final Server server;
    private volatile byte[] macaroon = new byte[0];

    private ScriptedNode(Path directory, String certificate, Optional<String> clientAuthority)
            throws IOException {
        this.directory = directory;
        try (InputStream shown = resource(certificate + ".cert");
                InputStream key = resource(certificate + ".key")) {
            var context = GrpcSslContexts.forServer(shown, key);
            if (clientAuthority.isPresent()) {
                try (InputStream authority = resource(clientAuthority.get())) {
                    context.trustManager(authority).clientAuth(ClientAuth.REQUIRE);
                }
            }
            server =
                    NettyServerBuilder.forAddress(
                                    new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0))
                            .sslContext(context.build())
                            .fallbackHandlerRegistry(new AnyCall())
                            .build()
                            .start();
        }
    }

    static ScriptedNode start(Path directory) {
        return start(directory, "node", Optional.empty());
    }

    /// Behind a proxy with a certificate of its own authority, which wants clients that show one of the same.
    static ScriptedNode behindProxy(Path directory) {
        return start(directory, "proxy", Optional.of("proxy-ca.cert"));
    }

    private static ScriptedNode start(
            Path directory, String certificate, Optional<String> clientAuthority) {
        try {
            Files.createDirectories(directory);
            var node = new ScriptedNode(directory, certificate, clientAuthority);
            node.file("tls.cert", clientAuthority.orElse(certificate + ".cert"));
            return node;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Takes this macaroon from now on, and puts it into the file.
    void bake(byte[] baked) throws IOException {
        macaroon = baked;
        Files.write(directory.resolve("node.macaroon"), baked);
    }

    /// Copies a file from the test resources to beside the others.
    Path file(String name, String resource) throws IOException {
        try (InputStream input = resource(resource)) {
            return Files.write(directory.resolve(name), input.readAllBytes());
        }
    }

    NodeConfig config() {
        return new NodeConfig(
                "alice",
                "127.0.0.1",
                server.getPort(),
                directory.resolve("tls.cert"),
                directory.resolve("node.macaroon"),
                "regtest");
    }

    @Override
    public void close() {
        server.shutdownNow();
    }

    private static InputStream resource(String name) {
        return Objects.requireNonNull(ScriptedNode.class.getResourceAsStream("/tls/" + name), name);
    }

    private void answer(String rpc, ServerCall<byte[], byte[]> call) {
        switch (rpc) {
            case "/lnrpc.State/SubscribeState" ->
                    send(call, SubscribeStateResponse.newBuilder().setState(wallet).build());
            case "/lnrpc.Lightning/GetInfo" -> {
                send(call, info());
                call.close(Status.OK, new Metadata());
            }
            case "/lnrpc.Lightning/LookupInvoice" ->
                    call.close(
                            Status.UNKNOWN.withDescription("unable to locate invoice"),
                            new Metadata());
            case "/routerrpc.Router/TrackPaymentV2" ->
                    call.close(
                            Status.NOT_FOUND.withDescription("payment isn't initiated"),
                            new Metadata());
            case "/lnrpc.Lightning/SubscribeInvoices",
                    "/lnrpc.Lightning/SubscribeChannelEvents",
                    "/lnrpc.Lightning/SubscribeTransactions",
                    "/routerrpc.Router/TrackPayments" -> {
                // Nothing happens at this node.
            }
            default -> {
                send(call, SubscribeStateResponse.getDefaultInstance());
                call.close(Status.OK, new Metadata());
            }
        }
    }

    private GetInfoResponse info() {
        return GetInfoResponse.newBuilder()
                .setIdentityPubkey(PUBKEY)
                .setAlias("Alice's node")
                .setVersion("0.21.2-beta commit=v0.21.2-beta")
                .setBlockHeight(144)
                .setSyncedToChain(true)
                .setSyncedToGraph(true)
                .addChains(Chain.newBuilder().setNetwork(network))
                .build();
    }

    private static void send(ServerCall<byte[], byte[]> call, com.google.protobuf.Message message) {
        call.sendHeaders(new Metadata());
        call.sendMessage(message.toByteArray());
    }

    private Optional<Status> objection(String rpc, Metadata headers) {
        if (rpc.startsWith("/lnrpc.State/")) {
            return Optional.empty();
        }
        if (!HexFormat.of().formatHex(macaroon).equals(headers.get(MACAROON))) {
            return Optional.of(
                    Status.UNKNOWN.withDescription(
                            "verification failed: signature mismatch after caveat verification"));
        }
        if (unknown.contains(rpc)) {
            return Optional.of(Status.UNIMPLEMENTED.withDescription("unknown method"));
        }
        return denied.contains(rpc)
                ? Optional.of(Status.UNKNOWN.withDescription("permission denied"))
                : Optional.empty();
    }

    private final class AnyCall extends HandlerRegistry {
        @Override
        public ServerMethodDefinition<?, ?> lookupMethod(String name, @Nullable String authority) {
            var method =
                    MethodDescriptor.<byte[], byte[]>newBuilder(BYTES, BYTES)
                            .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
                            .setFullMethodName(name)
                            .build();
            return ServerMethodDefinition.create(
                    method,
                    (call, headers) -> {
                        String rpc = "/" + name;
                        asked.add(rpc);
                        call.request(1);
                        objection(rpc, headers)
                                .ifPresentOrElse(
                                        status -> call.close(status, new Metadata()),
                                        () -> answer(rpc, call));
                        return new ServerCall.Listener<>() {};
                    });
        }
    }

    private static final MethodDescriptor.Marshaller<byte[]> BYTES =
            new MethodDescriptor.Marshaller<>() {
                @Override
                public InputStream stream(byte[] value) {
                    return new ByteArrayInputStream(value);
                }

                @Override
                public byte[] parse(InputStream stream) {
                    try {
                        return stream.readAllBytes();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            };
}
