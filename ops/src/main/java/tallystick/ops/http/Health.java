package tallystick.ops.http;

import java.util.List;
import java.util.Locale;
import tallystick.ingest.NodeState;
import tallystick.ingest.NodeStatus;
import tallystick.ingest.books.IntakeState;
import tallystick.ingest.books.IntakeStatus;

/// How the nodes and the ways in for book entries stand, as one word and one by one.
///
/// @param status `live` when all of them are live, `down` when nothing comes from any node, otherwise `degraded`
record Health(String status, List<Node> nodes, List<Books> books) {
    static final String LIVE = "live";
    private static final String DEGRADED = "degraded";
    private static final String DOWN = "down";

    /// @param state in small letters, for example `waiting_for_unlock`
    /// @param reason why; empty when there is nothing to say
    record Node(String alias, String state, String reason) {}

    /// A way in for book entries.
    ///
    /// @param name for example `inbox` or `pull erp`
    /// @param reason why; empty when there is nothing to say
    record Books(String name, String state, String reason) {}

    Health {
        nodes = List.copyOf(nodes);
        books = List.copyOf(books);
    }

    static Health of(List<NodeStatus> nodes, List<IntakeStatus> books) {
        return new Health(
                status(nodes, books),
                nodes.stream().map(Health::node).toList(),
                books.stream().map(Health::books).toList());
    }

    boolean isLive() {
        return status.equals(LIVE);
    }

    private static String status(List<NodeStatus> nodes, List<IntakeStatus> books) {
        if (nodes.stream().allMatch(node -> node.state() == NodeState.LIVE)) {
            boolean areBooksLive = books.stream().allMatch(in -> in.state() == IntakeState.LIVE);
            return areBooksLive ? LIVE : DEGRADED;
        }
        return nodes.stream().anyMatch(node -> isHeard(node.state())) ? DEGRADED : DOWN;
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

    private static Books books(IntakeStatus status) {
        return new Books(
                status.name(), status.state().name().toLowerCase(Locale.ROOT), status.reason());
    }
}
