package tallystick.reconcile;

/// A record that cannot be applied; it goes to quarantine with this reason, and the batch goes on.
final class UndecodableException extends Exception {
    private static final long serialVersionUID = 1L;

    UndecodableException(String message) {
        super(message);
    }

    UndecodableException(String message, Throwable cause) {
        super(message, cause);
    }

    /// True when a later version may know what this one does not.
    boolean isUnknown() {
        return getCause() instanceof UnknownException;
    }
}
