package tallystick.simulator.node;

/// A node at the other end of a channel. It does what it is told.
///
/// @param pubkey in hex
record Peer(String pubkey, String alias) {}
