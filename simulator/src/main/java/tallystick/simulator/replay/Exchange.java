package tallystick.simulator.replay;

import com.google.protobuf.ByteString;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;

/// One call of a client. gRPC's calls belong to one thread at a time: the caller holds the stage's lock.
final class Exchange {
    private final ServerCall<ByteString, ByteString> call;
    private final String rpc;
    private final ByteString request;
    private boolean isClosed;

    Exchange(ServerCall<ByteString, ByteString> call, String rpc, ByteString request) {
        this.call = call;
        this.rpc = rpc;
        this.request = request;
    }

    String rpc() {
        return rpc;
    }

    ByteString request() {
        return request;
    }

    /// By either side.
    boolean isClosed() {
        return isClosed;
    }

    /// The first thing that a client hears of a stream.
    void accept() {
        call.sendHeaders(new Metadata());
    }

    void send(ByteString message) {
        if (!isClosed) {
            call.sendMessage(message);
        }
    }

    void reply(ByteString message) {
        if (!isClosed) {
            accept();
            call.sendMessage(message);
            close(Status.OK);
        }
    }

    void close(Status status) {
        if (!isClosed) {
            isClosed = true;
            call.close(status, new Metadata());
        }
    }

    void canceledByClient() {
        isClosed = true;
    }
}
