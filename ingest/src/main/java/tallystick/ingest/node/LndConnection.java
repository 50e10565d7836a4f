package tallystick.ingest.node;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import tallystick.ingest.IngestConfig;
import tallystick.ingest.IngestException;
import tallystick.ingest.NodeConfig;

/// One connection to a node. Answers come as bytes, because the bytes are evidence. Any thread.
public final class LndConnection implements AutoCloseable {
    /// lnd hangs up on pings more often than every 5 s; without any, a dead peer is never noticed.
    private static final Duration KEEP_ALIVE_TIME = Duration.ofSeconds(30);

    private static final Duration KEEP_ALIVE_TIMEOUT = Duration.ofSeconds(20);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
    private static final Metadata.Key<String> MACAROON =
            Metadata.Key.of("macaroon", Metadata.ASCII_STRING_MARSHALLER);

    private final NodeConfig node;
    private final Duration callDeadline;
    private final ManagedChannel transport;
    private final Channel channel;

    private LndConnection(
            NodeConfig node, Duration callDeadline, ManagedChannel transport, Channel channel) {
        this.node = node;
        this.callDeadline = callDeadline;
        this.transport = transport;
        this.channel = channel;
    }

    /// Connects when the first call is made.
    static LndConnection open(NodeConfig node, Credentials credentials, IngestConfig config) {
        return open(node, credentials, config.callDeadline(), config.messageBytesMax());
    }

    /// Connects when the first call is made.
    ///
    /// @param callDeadline how long a call with one answer may take
    /// @param messageBytesMax largest answer that is taken
    public static LndConnection open(
            NodeConfig node, Credentials credentials, Duration callDeadline, int messageBytesMax) {
        ManagedChannel transport =
                NettyChannelBuilder.forAddress(node.host(), node.port())
                        .sslContext(tls(node, credentials))
                        .keepAliveTime(KEEP_ALIVE_TIME.toSeconds(), TimeUnit.SECONDS)
                        .keepAliveTimeout(KEEP_ALIVE_TIMEOUT.toSeconds(), TimeUnit.SECONDS)
                        .keepAliveWithoutCalls(false)
                        .maxInboundMessageSize(messageBytesMax)
                        // Whether to call again is decided in one place, and that is not the
                        // transport.
                        .disableRetry()
                        .build();
        Metadata headers = new Metadata();
        headers.put(MACAROON, credentials.macaroonHex());
        Channel channel =
                ClientInterceptors.intercept(
                        transport, MetadataUtils.newAttachHeadersInterceptor(headers));
        return new LndConnection(node, callDeadline, transport, channel);
    }

    /// One question, one answer.
    ///
    /// @throws IngestException when the node declines, or does not answer
    public <Q> ByteString call(MethodDescriptor<Q, ?> method, Q request)
            throws InterruptedException {
        CallOptions options =
                CallOptions.DEFAULT.withDeadlineAfter(
                        callDeadline.toMillis(), TimeUnit.MILLISECONDS);
        try {
            return ClientCalls.blockingV2UnaryCall(channel, inBytes(method), options, request);
        } catch (StatusException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException(method.getFullMethodName());
            }
            throw failure(method, e);
        }
    }

    /// A stream of answers; each is asked for when the one before it has been read, so that the node waits for us.
    public <Q> BlockingClientCall<Q, ByteString> stream(MethodDescriptor<Q, ?> method, Q request) {
        return ClientCalls.blockingV2ServerStreamingCall(
                channel, inBytes(method), CallOptions.DEFAULT, request);
    }

    /// The first answer of a stream that is not followed further.
    <Q> ByteString first(MethodDescriptor<Q, ?> method, Q request) throws InterruptedException {
        CallOptions options =
                CallOptions.DEFAULT.withDeadlineAfter(
                        callDeadline.toMillis(), TimeUnit.MILLISECONDS);
        BlockingClientCall<Q, ByteString> call =
                ClientCalls.blockingV2ServerStreamingCall(
                        channel, inBytes(method), options, request);
        try {
            ByteString answer = call.read();
            if (answer == null) {
                throw Failures.ended(node, rpc(method));
            }
            return answer;
        } catch (StatusException e) {
            throw failure(method, e);
        } finally {
            call.cancel("answered", null);
        }
    }

    /// Whether the node takes this call from us. What it answers is thrown away.
    ///
    /// @param patience how long a stream may say nothing until it counts as taken: lnd declines at once
    public <Q> Grant ask(MethodDescriptor<Q, ?> method, Q request, Duration patience)
            throws InterruptedException {
        boolean isStream = !method.getType().serverSendsOneMessage();
        Duration limit = isStream ? patience : callDeadline;
        CallOptions options =
                CallOptions.DEFAULT.withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS);
        try {
            if (isStream) {
                BlockingClientCall<Q, ByteString> call =
                        ClientCalls.blockingV2ServerStreamingCall(
                                channel, inBytes(method), options, request);
                call.read();
                call.cancel("answered", null);
            } else {
                ClientCalls.blockingV2UnaryCall(channel, inBytes(method), options, request);
            }
            return Grant.GRANTED;
        } catch (StatusException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException(method.getFullMethodName());
            }
            return isStream && e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED
                    ? Grant.GRANTED
                    : Failures.grant(node, rpc(method), e);
        }
    }

    /// What a failure of this call means.
    public IngestException failure(MethodDescriptor<?, ?> method, StatusException e) {
        return Failures.of(node, rpc(method), e);
    }

    /// Ends all calls at once.
    void abort() {
        transport.shutdownNow();
    }

    @Override
    public void close() {
        abort();
        try {
            transport.awaitTermination(CLOSE_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// As gRPC has it on the wire, for example `/lnrpc.Lightning/GetInfo`.
    public static String rpc(MethodDescriptor<?, ?> method) {
        return "/" + method.getFullMethodName();
    }

    private static SslContext tls(NodeConfig node, Credentials credentials) {
        var builder =
                GrpcSslContexts.forClient().trustManager(stream(credentials.certificatePem()));
        try {
            credentials
                    .client()
                    .ifPresent(
                            ours ->
                                    builder.keyManager(
                                            stream(ours.certificatePem()), stream(ours.keyPem())));
            return builder.build();
        } catch (SSLException | IllegalArgumentException e) {
            throw Failures.refused(
                    node,
                    "TLS with %s%s: %s (expected: certificates in PEM, and the key of ours)"
                            .formatted(
                                    node.tlsCertificate(),
                                    node.client()
                                            .map(
                                                    ours ->
                                                            ", %s and %s"
                                                                    .formatted(
                                                                            ours.certificate(),
                                                                            ours.key()))
                                            .orElse(""),
                                    e.getMessage()));
        }
    }

    private static InputStream stream(String pem) {
        return new ByteArrayInputStream(pem.getBytes(US_ASCII));
    }

    private static <Q> MethodDescriptor<Q, ByteString> inBytes(MethodDescriptor<Q, ?> method) {
        return method.toBuilder(method.getRequestMarshaller(), BYTES).build();
    }

    private static final MethodDescriptor.Marshaller<ByteString> BYTES =
            new MethodDescriptor.Marshaller<>() {
                @Override
                public InputStream stream(ByteString value) {
                    return value.newInput();
                }

                @Override
                public ByteString parse(InputStream stream) {
                    try {
                        return ByteString.readFrom(stream);
                    } catch (IOException e) {
                        throw new IllegalStateException("message: broken off while it was read", e);
                    }
                }
            };
}
