package tallystick.db.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.List;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import tallystick.db.seal.TamperFinding;

/// Archived evidence, beside that of the ledger for as long as a transaction lasts.
public final class ArchivedEvidence {
    /// Shows the evidence of the ledger and of the files, as `ledger.evidence` does that of the ledger.
    public static final String VIEW = "pg_temp.evidence";

    private static final String MONTHS =
            """
            SELECT first_sequence, file, file_digest, chunks_digest FROM ledger.archived_month ORDER BY first_sequence
            """;

    private static final String UNTIL =
            "SELECT COALESCE(max(last_sequence), 0) FROM ledger.archived_month";

    private static final String TABLE =
            """
            CREATE TEMPORARY TABLE archived_chunk (LIKE ledger.evidence_chunk) ON COMMIT DROP
            """;

    private static final String INDEX =
            "CREATE INDEX ON pg_temp.archived_chunk (batch_id, last_key, first_key)";

    private static final String DEFINITION =
            "SELECT rtrim(pg_get_viewdef('ledger.evidence'::regclass), ';')";

    /// The signature of COPY's binary format, no flags and no extension.
    private static final byte[] COPY_HEAD = {
        'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0
    };

    private static final byte[] COPY_END = {-1, -1};

    private ArchivedEvidence() {}

    /// Up to which ledger sequence evidence is archived; 0 when none is.
    public static long until(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(UNTIL);
                ResultSet rows = statement.executeQuery()) {
            rows.next();
            return rows.getLong(1);
        }
    }

    /// Reads all files, and makes the view.
    ///
    /// @param findings to which is added which file is not there, or not as it was written
    /// @return whether all evidence is in the view
    public static boolean load(Connection connection, Path folder, List<TamperFinding> findings)
            throws SQLException {
        boolean isWhole = true;
        try (Statement make = connection.createStatement()) {
            make.execute(TABLE);
            try (PreparedStatement statement = connection.prepareStatement(MONTHS);
                    ResultSet months = statement.executeQuery()) {
                while (months.next()) {
                    String found = load(connection, folder, months);
                    if (!found.isEmpty()) {
                        isWhole = false;
                        findings.add(
                                new TamperFinding(
                                        months.getLong(1),
                                        "file " + months.getString(2),
                                        found + " (expected: as it was archived)"));
                    }
                }
            }
            make.execute(INDEX);
            make.execute("ANALYZE pg_temp.archived_chunk");
            String own;
            try (ResultSet definition = make.executeQuery(DEFINITION)) {
                definition.next();
                own = definition.getString(1);
            }
            make.execute(
                    "CREATE TEMPORARY VIEW evidence AS SELECT * FROM ledger.evidence UNION ALL SELECT * FROM (%s) AS archived"
                            .formatted(
                                    own.replaceAll(
                                            "\\b(ledger\\.)?evidence_chunk\\b",
                                            "pg_temp.archived_chunk")));
        }
        return isWhole;
    }

    /// What is wrong with a file; nothing where it is as it was written.
    private static String load(Connection connection, Path folder, ResultSet month)
            throws SQLException {
        Path file = folder.resolve(month.getString(2));
        if (!Files.isRegularFile(file)) {
            return "is not in " + folder;
        }
        try {
            // Before anything of it is believed.
            ArchiveFile.Content content = ArchiveFile.read(file, _ -> {});
            if (!Arrays.equals(content.fileDigest(), month.getBytes(3))) {
                return "has other bytes";
            }
            if (!Arrays.equals(content.chunksDigest(), month.getBytes(4))) {
                return "holds other rows";
            }
            copy(connection, file);
            return "";
        } catch (IOException e) {
            return "cannot be read: " + e.getMessage();
        }
    }

    private static void copy(Connection connection, Path file) throws SQLException, IOException {
        CopyIn copy =
                connection
                        .unwrap(PGConnection.class)
                        .getCopyAPI()
                        .copyIn("COPY pg_temp.archived_chunk FROM STDIN (FORMAT binary)");
        try {
            copy.writeToCopy(COPY_HEAD, 0, COPY_HEAD.length);
            ArchiveFile.read(
                    file,
                    bytes -> {
                        byte[] row = copied(bytes);
                        copy.writeToCopy(row, 0, row.length);
                    });
            copy.writeToCopy(COPY_END, 0, COPY_END.length);
            copy.endCopy();
        } finally {
            if (copy.isActive()) {
                copy.cancelCopy();
            }
        }
    }

    /// COPY has the same values as `record_send`, without their types.
    private static byte[] copied(byte[] sent) {
        ByteBuffer from = ByteBuffer.wrap(sent);
        ByteBuffer to = ByteBuffer.allocate(sent.length);
        int columns = from.getInt();
        to.putShort((short) columns);
        for (int i = 0; i < columns; i++) {
            from.getInt(); // Its type.
            int length = from.getInt();
            to.putInt(length);
            if (length > 0) {
                to.put(from.slice(from.position(), length));
                from.position(from.position() + length);
            }
        }
        return Arrays.copyOf(to.array(), to.position());
    }
}
