package tallystick.ingest.books;

import java.nio.file.Path;
import java.util.List;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;

/// A file of book entries that cannot be taken. Nothing of it was published.
public final class BooksFileException extends IngestException {
    private static final long serialVersionUID = 1L;

    /// More than these help nobody: a file with so many has one mistake many times.
    private static final int ERRORS_SHOWN_MAX = 50;

    private final String[] errors;

    BooksFileException(Path file, List<String> errors) {
        super(ErrorCode.USER, message(file, errors));
        this.errors = errors.toArray(String[]::new);
    }

    /// All of them, for example `line 5, amount_msat: 12.5 (expected: a whole number of msat)`.
    public List<String> errors() {
        return List.of(errors);
    }

    private static String message(Path file, List<String> errors) {
        StringBuilder message =
                new StringBuilder(
                        "%s: %d %s, nothing imported"
                                .formatted(
                                        file,
                                        errors.size(),
                                        errors.size() == 1 ? "error" : "errors"));
        errors.stream().limit(ERRORS_SHOWN_MAX).forEach(e -> message.append("\n  ").append(e));
        if (errors.size() > ERRORS_SHOWN_MAX) {
            message.append("\n  and %d more".formatted(errors.size() - ERRORS_SHOWN_MAX));
        }
        return message.toString();
    }
}
