package tallystick.ingest.publish;

import tallystick.ledger.NodeId;

/// Who a node says it is.
///
/// @param version its software and version, in its own words
public record NodeIdentity(NodeId id, String version) {}
