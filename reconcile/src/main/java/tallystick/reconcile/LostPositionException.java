package tallystick.reconcile;

/// Another worker has advanced a position of this batch, or this batch was committed before without our knowing.
/// The transaction rolls back; the worker looks up the positions and goes on from there.
final class LostPositionException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LostPositionException(String message) {
        super(message);
    }
}
