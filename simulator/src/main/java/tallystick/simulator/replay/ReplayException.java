package tallystick.simulator.replay;

import org.jspecify.annotations.Nullable;

/// A replay cannot go on. The message says what, where, and what was expected.
public sealed class ReplayException extends RuntimeException
        permits RecordingException, ReplayStalledException {
    private static final long serialVersionUID = 1L;

    ReplayException(String message) {
        this(message, null);
    }

    ReplayException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
