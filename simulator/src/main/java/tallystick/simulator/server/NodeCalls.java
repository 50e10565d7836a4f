package tallystick.simulator.server;

import io.grpc.Status;
import java.util.Optional;

/// Who answers the calls that reach a node's server. Called by any thread.
public interface NodeCalls {
    /// Empty when the node takes such a call now. A refusal comes before the macaroon is looked at, as in lnd.
    ///
    /// @param rpc with the path that gRPC gives it, for example `/lnrpc.Lightning/GetInfo`
    Optional<Status> refusal(String rpc);

    /// A client has made its one request.
    void open(Exchange exchange);

    /// A client has gone away.
    void canceledByClient(Exchange exchange);
}
