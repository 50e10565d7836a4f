import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Checks that a row is included in a ledger up to a head that was kept elsewhere. Needs Java 17 or newer, and nothing else:
///
///     java VerifyRow.java proof.txt heads.jsonl
///
/// The proof comes from `tallystick verify --row`, the heads from `tallystick head`. Exit code 0: included; 3: not proven; 2: wrong use.
/// What the bytes mean: docs/audit.md of Tallystick, "The format".
public final class VerifyRow {
    private static final int DIGEST = 32;

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 2) {
            System.err.println("usage: java VerifyRow.java PROOF HEADS");
            System.exit(2);
        }
        for (String file : arguments) {
            if (!Files.isReadable(Path.of(file))) {
                System.err.println(file + ": cannot be read (expected: a file)");
                System.exit(2);
            }
        }
        String refusal;
        try {
            refusal = check(Path.of(arguments[0]), Path.of(arguments[1]));
        } catch (RuntimeException e) {
            refusal = "the proof cannot be read: " + e.getMessage();
        }
        if (refusal != null) {
            System.out.println("NOT PROVEN: " + refusal);
            System.exit(3);
        }
    }

    private static String check(Path proof, Path heads) throws Exception {
        Map<String, String> fields = new HashMap<>();
        for (String line : Files.readAllLines(proof)) {
            String[] parts = line.split(" ", 2);
            fields.put(parts[0], parts.length == 2 ? parts[1] : "");
        }
        if (!"1".equals(fields.get("tallystick-row-proof"))) {
            return "format " + fields.get("tallystick-row-proof") + " (expected: 1)";
        }
        byte[] row = bytes(fields.get("row"));
        byte[] leaf = bytes(fields.get("leaf"));
        if (!contains(leaf, fields.get("table"), sha256(row))) {
            return "the leaf does not say that this row came into " + fields.get("table");
        }
        String[] batch = fields.get("batch").split(" ");
        long sequence = Long.parseLong(batch[0]);
        byte[] digest = bytes(batch[1]);
        if (!Arrays.equals(climb(leaf, fields.get("leaf-path")), digest)) {
            return "the leaf does not lead to the digest of batch " + sequence;
        }
        String[] head = fields.get("head").split(" ");
        long last = Long.parseLong(head[0]);
        if (sequence == last) {
            if (!Arrays.equals(digest, bytes(head[1]))) {
                return "batch " + sequence + " is not that of the head";
            }
        } else if (!Arrays.equals(
                climb(join(ByteBuffer.allocate(8).putLong(sequence).array(), digest), fields.get("batch-path")),
                bytes(head[3]))) {
            return "batch " + sequence + " does not lead to head " + last;
        }
        byte[] hash =
                sha256(
                        join(
                                bytes(head[2]),
                                ByteBuffer.allocate(8).putLong(last).array(),
                                bytes(head[1]),
                                bytes(head[3])));
        List<String> kept = kept(Files.readAllLines(heads), fields.get("ledger"), last);
        if (kept.isEmpty()) {
            return "no head with sequence " + last + " of ledger " + fields.get("ledger") + " was kept";
        }
        if (!kept.stream().allMatch(one -> Arrays.equals(hash, bytes(one)))) {
            return "head " + last + " is another one than was kept";
        }
        System.out.println(
                "INCLUDED: a row of " + fields.get("table") + ", in batch " + sequence + " of ledger " + fields.get("ledger")
                        + ", which head " + last + " contains. Its columns, in the order of the table:");
        print(row);
        return null;
    }

    /// Byte 1, int64 note, byte written by the program, byte came (1) or went (0), int32 length of the table's name, the name,
    /// digests of rows.
    private static boolean contains(byte[] leaf, String table, byte[] digest) {
        ByteBuffer bytes = ByteBuffer.wrap(leaf);
        if (bytes.get() != 1) {
            return false;
        }
        bytes.getLong();
        bytes.get();
        if (bytes.get() != 1) {
            return false;
        }
        byte[] name = new byte[bytes.getInt()];
        bytes.get(name);
        if (!new String(name, StandardCharsets.UTF_8).equals(table)) {
            return false;
        }
        byte[] one = new byte[DIGEST];
        while (bytes.remaining() >= DIGEST) {
            bytes.get(one);
            if (Arrays.equals(one, digest)) {
                return true;
            }
        }
        return false;
    }

    /// RFC 6962: leaves are digested behind a byte 0, nodes behind a byte 1.
    private static byte[] climb(byte[] leaf, String path) throws Exception {
        byte[] hash = sha256(join(new byte[] {0}, leaf));
        for (String step : path.isBlank() ? List.<String>of() : List.of(path.split(" "))) {
            byte[] other = bytes(step.substring(1));
            hash =
                    step.charAt(0) == 'L'
                            ? sha256(join(new byte[] {1}, other, hash))
                            : sha256(join(new byte[] {1}, hash, other));
        }
        return hash;
    }

    /// int32 number of columns; per column int32 type, int32 length (-1: null), the value as Postgres sends it.
    private static void print(byte[] row) {
        ByteBuffer bytes = ByteBuffer.wrap(row);
        int columns = bytes.getInt();
        for (int i = 1; i <= columns; i++) {
            int type = bytes.getInt();
            int length = bytes.getInt();
            String text = "null";
            if (length >= 0) {
                byte[] value = new byte[length];
                bytes.get(value);
                text =
                        switch (type) {
                            case 16 -> Boolean.toString(value[0] != 0);
                            case 20, 21, 23 -> new java.math.BigInteger(value).toString();
                            case 25 -> '"' + new String(value, StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}", "?") + '"';
                            case 1184 ->
                                    java.time.Instant.parse("2000-01-01T00:00:00Z")
                                            .plus(ByteBuffer.wrap(value).getLong(), java.time.temporal.ChronoUnit.MICROS)
                                            .toString();
                            default -> hex(value);
                        };
            }
            System.out.println("  " + i + ": " + text);
        }
    }

    private static List<String> kept(List<String> lines, String ledger, long sequence) {
        List<String> result = new java.util.ArrayList<>();
        Pattern hash = Pattern.compile("\"hash\"\\s*:\\s*\"([0-9a-f]{64})\"");
        Pattern number = Pattern.compile("\"sequence\"\\s*:\\s*" + sequence + "\\b");
        Pattern name = Pattern.compile("\"ledger\"\\s*:\\s*\"" + Pattern.quote(ledger) + "\"");
        for (String line : lines) {
            Matcher found = hash.matcher(line);
            if (number.matcher(line).find() && name.matcher(line).find() && found.find()) {
                result.add(found.group(1));
            }
        }
        return result;
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] sha256(byte[] bytes) throws Exception {
        return MessageDigest.getInstance("SHA-256").digest(bytes);
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
