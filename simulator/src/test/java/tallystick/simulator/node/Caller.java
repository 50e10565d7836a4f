package tallystick.simulator.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.grpc.CallCredentials;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tallystick.simulator.server.NodeServer;

/// A client of a node that sees bytes, as a recorder does.
final class Caller implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 20;
    private static final int MAX_MESSAGE = 256 << 20;

    private final ManagedChannel channel;
    private final CallOptions options;

    Caller(SimulatedNode node) throws IOException {
        channel =
                Grpc.newChannelBuilderForAddress(
                                node.host(),
                                node.port(),
                                TlsChannelCredentials.newBuilder()
                                        .trustManager(node.tlsCertificate().toFile())
                                        .build())
                        .maxInboundMessageSize(MAX_MESSAGE)
                        .build();
        String macaroon = HexFormat.of().formatHex(Files.readAllBytes(node.macaroon()));
        options =
                CallOptions.DEFAULT.withCallCredentials(
                        new CallCredentials() {
                            @Override
                            public void applyRequestMetadata(
                                    RequestInfo info, Executor executor, MetadataApplier applier) {
                                var headers = new Metadata();
                                headers.put(NodeServer.MACAROON, macaroon);
                                applier.apply(headers);
                            }
                        });
    }

    static MethodDescriptor<ByteString, ByteString> method(
            String rpc, MethodDescriptor.MethodType type) {
        return MethodDescriptor.<ByteString, ByteString>newBuilder(
                        NodeServer.BytesMarshaller.INSTANCE, NodeServer.BytesMarshaller.INSTANCE)
                .setType(type)
                .setFullMethodName(rpc.substring(1))
                .build();
    }

    ByteString call(String rpc, Message request) {
        return ClientCalls.blockingUnaryCall(
                channel,
                method(rpc, MethodDescriptor.MethodType.UNARY),
                options.withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS),
                request.toByteString());
    }

    Following follow(String rpc, Message request) {
        return new Following(rpc, request);
    }

    /// A node that was away for a while is tried again at once.
    void forgetBackoff() {
        channel.resetConnectBackoff();
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }

    /// A stream, and what came over it.
    final class Following {
        private final BlockingQueue<Object> heard = new LinkedBlockingQueue<>();
        private final ClientCall<ByteString, ByteString> call;

        Following(String rpc, Message request) {
            call =
                    channel.newCall(
                            method(rpc, MethodDescriptor.MethodType.SERVER_STREAMING), options);
            call.start(
                    new ClientCall.Listener<>() {
                        @Override
                        public void onHeaders(Metadata headers) {
                            heard.add(headers);
                        }

                        @Override
                        public void onMessage(ByteString message) {
                            heard.add(message);
                            call.request(1);
                        }

                        @Override
                        public void onClose(Status status, Metadata trailers) {
                            heard.add(status);
                        }
                    },
                    new Metadata());
            call.request(1);
            call.sendMessage(request.toByteString());
            call.halfClose();
        }

        /// The node has taken the call: what happens now is heard.
        Following begun() throws InterruptedException {
            Object first = take();
            if (!(first instanceof Metadata)) {
                throw new AssertionError(first);
            }
            return this;
        }

        private Object take() throws InterruptedException {
            @Nullable Object next = heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (next == null) {
                throw new AssertionError("nothing heard (expected: something)");
            }
            return next;
        }

        ByteString next() throws InterruptedException {
            Object next = take();
            if (!(next instanceof ByteString message)) {
                throw new AssertionError(next);
            }
            return message;
        }

        List<ByteString> next(int count) throws InterruptedException {
            var messages = new ArrayList<ByteString>();
            for (int i = 0; i < count; i++) {
                messages.add(next());
            }
            return messages;
        }

        /// All that comes until the stream ends.
        List<ByteString> rest() throws InterruptedException {
            var messages = new ArrayList<ByteString>();
            Object next = take();
            while (next instanceof ByteString message) {
                messages.add(message);
                next = take();
            }
            return messages;
        }

        /// How it ended, after messages that do not matter.
        Status end() throws InterruptedException {
            Object next = take();
            while (!(next instanceof Status)) {
                next = take();
            }
            return (Status) next;
        }

        boolean isSilent() {
            return heard.isEmpty();
        }

        void cancel() {
            call.cancel("enough", null);
        }
    }
}
