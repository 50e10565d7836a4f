package tallystick.ingest.books;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/// How entries are read from the business's own database.
///
/// @param source the system that the entries come from; their ids are unique within it
/// @param url `jdbc:postgresql://...`, without login
/// @param passwordFile holds the password and nothing else; read anew at each connection
/// @param queryFile a SELECT with one `?`, which the watermark must be above, ordered by the watermark
/// @param watermarkColumn the column of the query that only grows from one change to the next
/// @param interval time between two readings
/// @param overlap how far behind the last watermark a reading begins again, when the watermark is a time
/// @param overlapNumbers the same, when the watermark is a number
/// @param pageSize rows in one transaction, and rows fetched at once
/// @param statementTimeout after this the database breaks a statement off
public record PullConfig(
        String source,
        String url,
        String user,
        Optional<Path> passwordFile,
        Path queryFile,
        String watermarkColumn,
        Duration interval,
        Duration overlap,
        long overlapNumbers,
        int pageSize,
        Duration statementTimeout) {
    private static final int PAGE_SIZE_MAX = 10_000;

    public PullConfig {
        // The name is part of keys and transactional ids.
        if (!source.matches("[A-Za-z0-9._-]{1,100}")) {
            throw new IllegalArgumentException(
                    "source: %s (expected: 1 to 100 letters, digits, '.', '_' or '-')"
                            .formatted(source));
        }
        DatabaseUrl.fault(url, "user", "password-file")
                .ifPresent(
                        fault -> {
                            throw new IllegalArgumentException("url: " + fault);
                        });
        if (watermarkColumn.isBlank()) {
            throw new IllegalArgumentException(
                    "watermark-column: empty (expected: a column of the query)");
        }
        watermarkColumn = watermarkColumn.strip().toLowerCase(Locale.ROOT);
        requirePositive("interval", interval);
        requirePositive("statement-timeout", statementTimeout);
        if (overlap.isNegative()) {
            throw new IllegalArgumentException(
                    "overlap: %s (expected: 0 or more)".formatted(overlap));
        }
        if (overlapNumbers < 0) {
            throw new IllegalArgumentException(
                    "overlap-numbers: %d (expected: 0 or more)".formatted(overlapNumbers));
        }
        if (pageSize < 1 || pageSize > PAGE_SIZE_MAX) {
            throw new IllegalArgumentException(
                    "page-size: %d (expected: 1 to %d)".formatted(pageSize, PAGE_SIZE_MAX));
        }
    }

    private static void requirePositive(String name, Duration value) {
        if (value.isNegative() || value.isZero()) {
            throw new IllegalArgumentException(
                    "%s: %s (expected: more than 0)".formatted(name, value));
        }
    }
}
