package tallystick.db.archive;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/// Rows of `ledger.evidence_chunk` in a file: gzip over the line `tallystick evidence 1`, then of each row an int32 length and as
/// many bytes, as `record_send` gives them. So the SHA-256 of a row's bytes is the digest that its batch sealed.
final class ArchiveFile {
    private static final byte[] HEAD = "tallystick evidence 1\n".getBytes(US_ASCII);

    /// More than a row of the largest records takes.
    private static final int ROW_BYTES_MAX = 1 << 28;

    private ArchiveFile() {}

    /// What a file holds.
    ///
    /// @param fileDigest SHA-256 of the file
    /// @param chunks how many rows
    /// @param chunksDigest SHA-256 over the rows' digests, in the order of these
    record Content(byte[] fileDigest, long chunks, byte[] chunksDigest) {}

    /// Takes a row.
    interface Row {
        void take(byte[] bytes) throws SQLException, IOException;
    }

    /// Gives rows.
    interface Source {
        void each(Row row) throws SQLException, IOException;
    }

    /// Replaces the file as a whole, once all is written.
    static void write(Path file, Source source) throws IOException, SQLException {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try (OutputStream out = Files.newOutputStream(part);
                DataOutputStream rows =
                        new DataOutputStream(new BufferedOutputStream(new GZIPOutputStream(out)))) {
            rows.write(HEAD);
            source.each(
                    bytes -> {
                        rows.writeInt(bytes.length);
                        rows.write(bytes);
                    });
        }
        Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    }

    /// Reads a file to its end.
    ///
    /// @throws IOException also when it is none of this format
    static Content read(Path file, Row row) throws IOException, SQLException {
        MessageDigest whole = sha256();
        MessageDigest one = sha256();
        List<byte[]> digests = new ArrayList<>();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), whole);
                DataInputStream rows =
                        new DataInputStream(new BufferedInputStream(new GZIPInputStream(in)))) {
            if (!Arrays.equals(rows.readNBytes(HEAD.length), HEAD)) {
                throw new IOException("no file of evidence (expected: one that `archive` wrote)");
            }
            while (true) {
                int length = length(rows);
                if (length < 0) {
                    break;
                }
                byte[] bytes = rows.readNBytes(length);
                if (bytes.length < length) {
                    throw new EOFException("cut off");
                }
                digests.add(one.digest(bytes));
                row.take(bytes);
            }
            in.transferTo(OutputStream.nullOutputStream());
        }
        digests.sort(Arrays::compareUnsigned);
        MessageDigest all = sha256();
        digests.forEach(all::update);
        return new Content(whole.digest(), digests.size(), all.digest());
    }

    /// Below zero at the end.
    private static int length(DataInputStream rows) throws IOException {
        byte[] bytes = rows.readNBytes(Integer.BYTES);
        if (bytes.length == 0) {
            return -1;
        }
        if (bytes.length < Integer.BYTES) {
            throw new EOFException("cut off");
        }
        int length = java.nio.ByteBuffer.wrap(bytes).getInt();
        if (length < 0 || length > ROW_BYTES_MAX) {
            throw new IOException(
                    "row of %d bytes (expected: 0 to %d)".formatted(length, ROW_BYTES_MAX));
        }
        return length;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("SHA-256: missing (expected: in every JDK)", e);
        }
    }
}
