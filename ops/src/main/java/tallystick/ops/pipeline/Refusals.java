package tallystick.ops.pipeline;

import java.util.List;
import tallystick.ingest.NodeState;
import tallystick.ingest.NodeStatus;

/// Whether nodes that refuse are a reason to end. At the start they are, since then somebody is there to mend what they name.
/// Later it is left to the next tries: a certificate was renewed, a wallet is locked behind another one. One thread.
final class Refusals {
    private boolean wasAccepted;

    /// @param haveAllEnded whether none of the nodes is tried again, as others follow them
    boolean areFinal(List<NodeStatus> statuses, boolean haveAllEnded) {
        wasAccepted |=
                statuses.stream()
                        .anyMatch(
                                status ->
                                        status.state() == NodeState.LIVE
                                                || status.state() == NodeState.CATCHING_UP
                                                || status.state() == NodeState.DEGRADED);
        boolean areAllRefused =
                statuses.stream().allMatch(status -> status.state() == NodeState.REFUSED);
        return areAllRefused && (haveAllEnded || !wasAccepted);
    }
}
