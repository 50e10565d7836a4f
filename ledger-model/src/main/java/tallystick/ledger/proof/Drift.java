package tallystick.ledger.proof;

import java.util.Optional;
import tallystick.ledger.NodeId;

/// Two proofs in a row agreed that ledger and node differ, and none has footed since.
///
/// @param channelPoint of the channel, where it is one
/// @param effectMsat what is behind it, as exactly as it is known: the ledger's less the node's
public record Drift(
        NodeId node,
        Subject subject,
        Optional<String> channelPoint,
        Course course,
        long effectMsat) {
    /// What drifts.
    public enum Subject {
        CHANNEL,
        CHANNELS,
        WALLET
    }

    static Drift of(NodeId node, Subject subject, Course course) {
        return new Drift(node, subject, Optional.empty(), course, course.driftMsat());
    }
}
