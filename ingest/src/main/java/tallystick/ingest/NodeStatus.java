package tallystick.ingest;

import java.util.Optional;

/// Where a node stands, for people.
///
/// @param pubkey known once the node has said who it is
/// @param reason why it stands there; empty when there is nothing to say
public record NodeStatus(String alias, Optional<String> pubkey, NodeState state, String reason) {}
