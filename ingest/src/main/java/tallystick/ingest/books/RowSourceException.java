package tallystick.ingest.books;

import org.jspecify.annotations.Nullable;
import tallystick.ingest.ErrorCode;
import tallystick.ingest.IngestException;

/// The business's own database cannot be read, or not with this query.
final class RowSourceException extends IngestException {
    private static final long serialVersionUID = 1L;

    RowSourceException(ErrorCode code, String message, @Nullable Throwable cause) {
        super(code, message, cause);
    }
}
