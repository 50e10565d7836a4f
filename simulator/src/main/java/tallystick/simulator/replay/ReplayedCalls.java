package tallystick.simulator.replay;

import io.grpc.Status;
import java.util.Optional;
import tallystick.simulator.server.Exchange;
import tallystick.simulator.server.NodeCalls;

/// Hands the calls that reach a server to the replaying node, with the stage's lock held.
record ReplayedCalls(ReplayedNode node, Stage stage) implements NodeCalls {
    @Override
    public Optional<Status> refusal(String rpc) {
        return stage.with(() -> node.refusal(rpc));
    }

    @Override
    public void open(Exchange exchange) {
        stage.with(() -> node.open(exchange));
    }

    @Override
    public void canceledByClient(Exchange exchange) {
        stage.with(() -> node.canceledByClient(exchange));
    }
}
