package tallystick.ingest;

import org.jspecify.annotations.Nullable;

/// What can go wrong while reading nodes or books. The message says what, the offending value and what was expected.
public class IngestException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;

    public IngestException(ErrorCode code, String message) {
        this(code, message, null);
    }

    public IngestException(ErrorCode code, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    public ErrorCode code() {
        return code;
    }

    /// Never null, unlike `getMessage` as the compiler sees it.
    public String reason() {
        String message = getMessage();
        return message == null ? getClass().getSimpleName() : message;
    }
}
