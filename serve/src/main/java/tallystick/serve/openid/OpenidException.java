package tallystick.serve.openid;

import tallystick.report.figures.PlainText;

/// Somebody could not be known by what the issuer says. The message is for the log: it may tell more than whoever asks should
/// know.
public final class OpenidException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// What whoever asks is told.
    public enum Kind {
        /// What was shown does not prove who he is, or proves it no more.
        REFUSED,

        /// It is proven who he is, and nothing says that he may do anything.
        NO_ROLE,

        /// His name is somebody else's, or he had another one.
        NAME_TAKEN,

        /// The issuer does not answer.
        UNREACHABLE
    }

    private final Kind kind;

    public OpenidException(Kind kind, String message) {
        super(PlainText.oneLine(message));
        this.kind = kind;
    }

    public OpenidException(Kind kind, String message, Throwable cause) {
        super(PlainText.oneLine(message), cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
