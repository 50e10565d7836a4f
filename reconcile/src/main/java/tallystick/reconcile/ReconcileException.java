package tallystick.reconcile;

/// The reconciler stops, and says why and what leads out of it.
public final class ReconcileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ReconcileException(String message) {
        super(message);
    }

    public ReconcileException(String message, Throwable cause) {
        super(message, cause);
    }
}
