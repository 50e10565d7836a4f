package tallystick.serve;

import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.ExtensionRegistry;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import tallystick.proto.v1.AccessProto;
import tallystick.proto.v1.Role;

/// The methods that the compiled contract names, as a stranger would call them.
final class Contract {
    private Contract() {}

    /// @param role that it names
    record Method(String name, MethodType type, Role role) {
        @Override
        public String toString() {
            return name;
        }

        /// Calls it with an empty message. Of a stream, what comes first counts.
        Status call(Channel channel) {
            MethodDescriptor<byte[], byte[]> method =
                    MethodDescriptor.<byte[], byte[]>newBuilder()
                            .setFullMethodName(name)
                            .setType(type)
                            .setRequestMarshaller(new Bytes())
                            .setResponseMarshaller(new Bytes())
                            .build();
            CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS);
            try {
                if (type == MethodType.UNARY) {
                    ClientCalls.blockingUnaryCall(channel, method, options, new byte[0]);
                } else {
                    firstOf(channel, method, options);
                }
                return Status.OK;
            } catch (StatusRuntimeException e) {
                return e.getStatus();
            }
        }

        private static void firstOf(
                Channel channel, MethodDescriptor<byte[], byte[]> method, CallOptions options) {
            var answers =
                    ClientCalls.blockingServerStreamingCall(channel, method, options, new byte[0]);
            var _ = answers.hasNext();
        }
    }

    static List<Method> methods() throws IOException {
        ExtensionRegistry extensions = ExtensionRegistry.newInstance();
        AccessProto.registerAllExtensions(extensions);
        try (InputStream in = AccessProto.class.getResourceAsStream("/tallystick.binpb")) {
            return FileDescriptorSet.parseFrom(in, extensions).getFileList().stream()
                    .filter(file -> file.getPackage().equals("tallystick.v1"))
                    .flatMap(file -> file.getServiceList().stream())
                    .flatMap(
                            service ->
                                    service.getMethodList().stream()
                                            .map(
                                                    one ->
                                                            method(
                                                                    "tallystick.v1."
                                                                            + service.getName(),
                                                                    one)))
                    .toList();
        }
    }

    private static Method method(String service, MethodDescriptorProto method) {
        return new Method(
                MethodDescriptor.generateFullMethodName(service, method.getName()),
                method.getClientStreaming()
                        ? MethodType.BIDI_STREAMING
                        : method.getServerStreaming()
                                ? MethodType.SERVER_STREAMING
                                : MethodType.UNARY,
                method.getOptions().getExtension(AccessProto.role));
    }

    private static final class Bytes implements Marshaller<byte[]> {
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
    }
}
