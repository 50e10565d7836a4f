package tallystick.reconcile;

/// The reconciler stops, and says why and what leads out of it.
public final class ReconcileException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final boolean passing;

    public ReconcileException(String message) {
        super(message);
        this.passing = false;
    }

    public ReconcileException(String message, Throwable cause) {
        this(message, cause, false);
    }

    private ReconcileException(String message, Throwable cause, boolean passing) {
        super(message, cause);
        this.passing = passing;
    }

    /// What may be over when tried again, such as a broker that does not answer.
    static ReconcileException passing(String message, Throwable cause) {
        return new ReconcileException(message, cause, true);
    }

    boolean isPassing() {
        return passing;
    }
}
