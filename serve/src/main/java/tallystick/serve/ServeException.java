package tallystick.serve;

/// The API cannot be served. The message says what was found and what was expected.
public final class ServeException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ServeException(String message, Throwable cause) {
        super(message, cause);
    }
}
