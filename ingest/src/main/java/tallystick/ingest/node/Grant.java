package tallystick.ingest.node;

/// Whether a node takes a call from us.
///
/// @param reason why not; empty when it does
public record Grant(Kind kind, String reason) {
    static final Grant GRANTED = new Grant(Kind.GRANTED, "");

    public enum Kind {
        GRANTED,
        /// The macaroon does not include it.
        DENIED,
        /// The node is too old to know it.
        NOT_KNOWN,
        /// The node did not say.
        LOST
    }
}
