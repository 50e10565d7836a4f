package tallystick.db.archive;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Date;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.Optional;
import tallystick.db.Transactions;

/// Moves evidence of whole months to files, as the archivist: the file is written and read again, then the database takes the rows
/// away, if they are just those. Months are of batches, in UTC, and go in their order. One at a time.
public final class EvidenceArchive {
    private static final int FETCHED = 200;

    private static final String FIRST =
            """
            SELECT min(decided_at), COALESCE((SELECT max(last_sequence) FROM ledger.archived_month), 0)
              FROM ledger.batch
             WHERE sequence > COALESCE((SELECT max(last_sequence) FROM ledger.archived_month), 0)
            """;

    private static final String LAST =
            "SELECT min(sequence) - 1 FROM ledger.batch WHERE decided_at >= ?";

    private static final String ROWS =
            """
            SELECT record_send(chunk)
              FROM ledger.evidence_chunk AS chunk
              JOIN ledger.batch USING (batch_id)
             WHERE batch.sequence BETWEEN ? AND ?
             ORDER BY chunk.batch_id, chunk.first_ordinal
            """;

    private static final String ARCHIVE = "SELECT ledger.archive_month(?, ?, ?, ?, ?)";

    private final Transactions transactions;

    /// @param transactions in the role of the archivist
    public EvidenceArchive(Transactions transactions) {
        this.transactions = transactions;
    }

    /// A month that was, or can be, archived.
    ///
    /// @param firstSequence of its batches
    /// @param lastSequence of its batches
    public record Month(YearMonth month, long firstSequence, long lastSequence) {
        public String file() {
            return "evidence-%s.gz".formatted(month);
        }
    }

    /// A month that lies in a file now.
    ///
    /// @param chunks how many rows went
    /// @param fileDigest SHA-256 of the file
    public record Archived(Month month, long chunks, byte[] fileDigest) {}

    /// The next month that is not archived yet, if all of it lies before another and is over in this ledger.
    public Optional<Month> next(YearMonth before) {
        return transactions.read(connection -> next(connection, before));
    }

    private static Optional<Month> next(Connection connection, YearMonth before)
            throws SQLException {
        Instant begun;
        long archived;
        try (PreparedStatement statement = connection.prepareStatement(FIRST);
                ResultSet rows = statement.executeQuery()) {
            rows.next();
            Timestamp first = rows.getTimestamp(1);
            if (first == null) {
                return Optional.empty();
            }
            begun = first.toInstant();
            archived = rows.getLong(2);
        }
        YearMonth month = YearMonth.from(begun.atOffset(ZoneOffset.UTC));
        if (!month.isBefore(before)) {
            return Optional.empty();
        }
        OffsetDateTime end = month.plusMonths(1).atDay(1).atStartOfDay().atOffset(ZoneOffset.UTC);
        try (PreparedStatement statement = connection.prepareStatement(LAST)) {
            statement.setObject(1, end, Types.TIMESTAMP_WITH_TIMEZONE);
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                long last = rows.getLong(1);
                return rows.wasNull()
                        ? Optional.empty()
                        : Optional.of(new Month(month, archived + 1, last));
            }
        }
    }

    /// Moves a month's evidence to a file of the folder.
    ///
    /// @param by who archives
    /// @throws UncheckedIOException when the file cannot be written; then nothing has changed
    public Archived archive(Month month, Path folder, String by) {
        return transactions.call(
                connection -> {
                    try {
                        Files.createDirectories(folder);
                        Path file = folder.resolve(month.file());
                        ArchiveFile.write(file, row -> rows(connection, month, row));
                        ArchiveFile.Content content = ArchiveFile.read(file, _ -> {});
                        return new Archived(
                                month, take(connection, month, by, content), content.fileDigest());
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
    }

    private static void rows(Connection connection, Month month, ArchiveFile.Row row)
            throws SQLException, IOException {
        try (PreparedStatement statement = connection.prepareStatement(ROWS)) {
            statement.setFetchSize(FETCHED);
            statement.setLong(1, month.firstSequence());
            statement.setLong(2, month.lastSequence());
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    row.take(rows.getBytes(1));
                }
            }
        }
    }

    private static long take(
            Connection connection, Month month, String by, ArchiveFile.Content content)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ARCHIVE)) {
            statement.setDate(1, Date.valueOf(month.month().atDay(1)));
            statement.setString(2, by);
            statement.setString(3, month.file());
            statement.setBytes(4, content.fileDigest());
            statement.setBytes(5, content.chunksDigest());
            try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        }
    }
}
