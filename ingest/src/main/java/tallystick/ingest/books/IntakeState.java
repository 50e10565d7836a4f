package tallystick.ingest.books;

/// How far a way in for book entries is.
public enum IntakeState {
    /// Not connected yet.
    STARTING,
    /// Takes what comes.
    LIVE,
    /// Something is away; it is tried again.
    DEGRADED,
    /// Somebody must change something.
    REFUSED
}
