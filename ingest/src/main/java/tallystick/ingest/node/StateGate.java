package tallystick.ingest.node;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.MethodDescriptor;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.util.function.Consumer;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;
import tallystick.ingest.NodeConfig;
import tallystick.proto.lnrpc.StateGrpc;
import tallystick.proto.lnrpc.SubscribeStateRequest;
import tallystick.proto.lnrpc.SubscribeStateResponse;
import tallystick.proto.lnrpc.WalletState;

/// Waits until a node serves all of its calls. Before that lnd answers most of them with an error that says nothing by code.
final class StateGate {
    private static final MethodDescriptor<SubscribeStateRequest, SubscribeStateResponse> METHOD =
            StateGrpc.getSubscribeStateMethod();

    private StateGate() {}

    /// @param shown told each state on the way
    static void await(NodeConfig node, LndConnection connection, Consumer<WalletState> shown)
            throws InterruptedException {
        BlockingClientCall<SubscribeStateRequest, ByteString> call =
                connection.stream(METHOD, SubscribeStateRequest.getDefaultInstance());
        try {
            for (ByteString bytes = call.read(); bytes != null; bytes = call.read()) {
                WalletState state = SubscribeStateResponse.parseFrom(bytes).getState();
                if (state == WalletState.SERVER_ACTIVE) {
                    return;
                }
                shown.accept(state);
            }
        } catch (StatusException e) {
            throw connection.failure(METHOD, e);
        } catch (InvalidProtocolBufferException e) {
            throw new IngestException(
                    ErrorCode.EXTERNAL,
                    "node %s, %s: not readable (expected: protobuf)"
                            .formatted(node.alias(), LndConnection.rpc(METHOD)),
                    e);
        } finally {
            call.cancel("left", null);
        }
        throw Failures.ended(node, LndConnection.rpc(METHOD));
    }
}
