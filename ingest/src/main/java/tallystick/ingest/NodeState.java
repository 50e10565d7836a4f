package tallystick.ingest;

/// How far the conversation with a node is.
public enum NodeState {
    /// Not reached yet, or it is still starting.
    CONNECTING,
    /// Its wallet is locked, or there is none: somebody must unlock it.
    WAITING_FOR_UNLOCK,
    /// Its streams are open; its lists are being read for the first time since.
    CATCHING_UP,
    /// Streams are open and all lists have been read and published.
    LIVE,
    /// It was followed before; now it, or Kafka, cannot be reached.
    DEGRADED,
    /// It will not or must not be followed until somebody changes something.
    REFUSED
}
