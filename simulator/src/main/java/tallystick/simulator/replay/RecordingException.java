package tallystick.simulator.replay;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// A recording cannot be read: names the file, the line (0 when it is about the whole file), the field and the rule.
public final class RecordingException extends ReplayException {
    private static final long serialVersionUID = 1L;

    private final String file;
    private final int line;
    private final String field;

    RecordingException(Path file, int line, String field, String found, String expected) {
        this(file, line, field, found, expected, null);
    }

    RecordingException(
            Path file,
            int line,
            String field,
            String found,
            String expected,
            @Nullable Throwable cause) {
        super(message(file, line, field, found, expected), cause);
        this.file = file.toString();
        this.line = line;
        this.field = field;
    }

    /// Why a file cannot be read, for people.
    static String reason(IOException cause) {
        return switch (cause) {
            case NoSuchFileException _ -> "does not exist";
            case NotDirectoryException _ -> "not a directory";
            case AccessDeniedException _ -> "no permission to read it";
            default -> String.valueOf(cause.getMessage());
        };
    }

    private static String message(
            Path file, int line, String field, String found, String expected) {
        String where = line == 0 ? file.toString() : "%s:%d".formatted(file, line);
        return "%s: %s: %s (expected: %s)".formatted(where, field, found, expected);
    }

    public Path file() {
        return Path.of(file);
    }

    public int line() {
        return line;
    }

    public String field() {
        return field;
    }
}
