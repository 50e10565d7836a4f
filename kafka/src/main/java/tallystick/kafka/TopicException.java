package tallystick.kafka;

/// The topics on the broker are not those of the contract, or cannot be made.
public final class TopicException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TopicException(String message) {
        super(message);
    }

    public TopicException(String message, Throwable cause) {
        super(message, cause);
    }
}
