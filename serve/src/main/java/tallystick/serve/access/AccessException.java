package tallystick.serve.access;

/// A file that says who may call cannot be used. The message names the file, what was found and what was expected.
public final class AccessException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public AccessException(String message) {
        super(message);
    }

    public AccessException(String message, Throwable cause) {
        super(message, cause);
    }
}
