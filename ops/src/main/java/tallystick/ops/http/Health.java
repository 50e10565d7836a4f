package tallystick.ops.http;

import java.util.List;
import java.util.Locale;
import tallystick.ingest.NodeState;
import tallystick.ingest.NodeStatus;

/// How the nodes stand, as one word and node by node.
///
/// @param status `live` when every node is live, `down` when nothing comes from any, otherwise `degraded`
record Health(String status, List<Node> nodes) {
    static final String LIVE = "live";
    private static final String DEGRADED = "degraded";
    private static final String DOWN = "down";

    /// @param state in small letters, for example `waiting_for_unlock`
    /// @param reason why; empty when there is nothing to say
    record Node(String alias, String state, String reason) {}

    Health {
        nodes = List.copyOf(nodes);
    }

    static Health of(List<NodeStatus> statuses) {
        return new Health(status(statuses), statuses.stream().map(Health::node).toList());
    }

    boolean isLive() {
        return status.equals(LIVE);
    }

    private static String status(List<NodeStatus> statuses) {
        if (statuses.stream().allMatch(node -> node.state() == NodeState.LIVE)) {
            return LIVE;
        }
        return statuses.stream().anyMatch(node -> isHeard(node.state())) ? DEGRADED : DOWN;
    }

    private static boolean isHeard(NodeState state) {
        return switch (state) {
            case LIVE, CATCHING_UP -> true;
            case CONNECTING, WAITING_FOR_UNLOCK, DEGRADED, REFUSED -> false;
        };
    }

    private static Node node(NodeStatus status) {
        return new Node(
                status.alias(), status.state().name().toLowerCase(Locale.ROOT), status.reason());
    }
}
