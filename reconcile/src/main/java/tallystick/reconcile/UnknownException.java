package tallystick.reconcile;

/// A record says something that this version does not know, so what it says of money may be misread.
final class UnknownException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    UnknownException(String message) {
        super(message);
    }
}
