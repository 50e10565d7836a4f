package tallystick.db.seal;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The chain of heads: each batch's digest is that of what it sealed, each hash follows from the one before, and the chain
/// leads through the heads that were published. One use.
final class ChainCheck {
    /// Batches, or changes, that are fetched at once.
    private static final int FETCHED = 500;

    private static final long TOLD_EVERY = 1_000;

    private static final int HASH_BYTES = 32;

    private static final String BATCHES =
            """
            SELECT sequence, batch_id, cause, decided_at, records, digest, previous_hash, hash, format,
                   (SELECT restored_sequence FROM ledger.restoration
                     WHERE restoration.batch_id = batch.batch_id AND published_sequence = sequence - 1)
              FROM ledger.batch
             ORDER BY sequence
            """;

    private static final String CHANGES =
            """
            SELECT sequence, id, relation, is_ours, removed, added
              FROM ledger.row_change
              JOIN ledger.batch USING (batch_id)
             ORDER BY sequence, id
            """;

    private static final String STRAYS =
            """
            SELECT batch_id, count(*) FROM ledger.row_change
             WHERE batch_id IS NOT NULL AND NOT EXISTS (SELECT FROM ledger.batch WHERE batch.batch_id = row_change.batch_id)
             GROUP BY batch_id
             ORDER BY batch_id
             LIMIT 20
            """;

    private static final String HEAD =
            "SELECT sequence, hash, sealed, peaks FROM ledger.head WHERE only_one";

    private final List<TamperFinding> findings;
    private final Map<Long, List<Head>> published = new HashMap<>();
    private final BatchTree history = new BatchTree(0, new byte[0]);

    /// All that follows a batch that is not as it was contradicts it too, and is told no more.
    private boolean isBroken;

    private long head;
    private byte[] hash = new byte[HASH_BYTES];
    private @Nullable Long provenFrom;

    /// @param findings to which is added what is found
    ChainCheck(List<TamperFinding> findings) {
        this.findings = findings;
    }

    long head() {
        return head;
    }

    byte[] hash() {
        return hash.clone();
    }

    OptionalLong provenFrom() {
        Long first = provenFrom;
        return first == null ? OptionalLong.empty() : OptionalLong.of(first);
    }

    void run(Connection connection, List<Head> heads, Consumer<String> progress)
            throws SQLException {
        heads.forEach(
                one -> published.computeIfAbsent(one.sequence(), _ -> new ArrayList<>()).add(one));
        try (PreparedStatement batches = connection.prepareStatement(BATCHES);
                PreparedStatement changes = connection.prepareStatement(CHANGES)) {
            batches.setFetchSize(FETCHED);
            changes.setFetchSize(FETCHED);
            try (ResultSet batch = batches.executeQuery();
                    ResultSet change = changes.executeQuery()) {
                boolean isThere = change.next();
                while (batch.next()) {
                    isThere = check(batch, change, isThere);
                    if (head % TOLD_EVERY == 0) {
                        progress.accept("batch %,d".formatted(head));
                    }
                }
            }
        }
        strays(connection);
        newest(connection);
        published.values().stream()
                .flatMap(List::stream)
                .filter(one -> one.sequence() > head)
                .forEach(this::endsBefore);
    }

    /// Returns whether there is a change behind the batch's.
    private boolean check(ResultSet batch, ResultSet change, boolean isThere) throws SQLException {
        long sequence = batch.getLong(1);
        if (sequence != head + 1) {
            long restored = batch.getLong(10);
            if (batch.wasNull() || restored != head) {
                tell(head + 1, "is not there (expected: every number)");
            } else {
                lost(sequence);
            }
        }
        SealedBatch sealed =
                new SealedBatch(
                        batch.getLong(2),
                        batch.getString(3),
                        batch.getTimestamp(4).toInstant(),
                        batch.getInt(5));
        boolean isMore = isThere;
        boolean hasChanges = false;
        while (isMore && change.getLong(1) == sequence) {
            sealed.add(
                    change.getLong(2),
                    change.getString(3),
                    change.getBoolean(4),
                    change.getBytes(5),
                    change.getBytes(6));
            hasChanges = true;
            isMore = change.next();
        }
        byte[] digest = batch.getBytes(6);
        if (batch.getInt(9) == SealedBatch.FORMAT) {
            if (provenFrom == null) {
                provenFrom = sequence;
            }
            expect(sequence, "digest", digest, sealed.root());
        } else if (hasChanges || provenFrom != null) {
            tell(sequence, "format 0 (expected: that of its changes, and of the batches before)");
        }
        expect(sequence, "previous hash", batch.getBytes(7), hash);
        byte[] stored = batch.getBytes(8);
        byte[] expected = hash(batch, sequence, digest);
        if (!isBroken) {
            expect(sequence, "hash", stored, expected);
            isBroken = !Arrays.equals(stored, expected);
        }
        for (Head known : published.getOrDefault(sequence, List.of())) {
            if (!Arrays.equals(known.hash(), stored)) {
                tell(
                        sequence,
                        "hash %s (expected: %s, as published; this batch or one before was rewritten)"
                                .formatted(hex(stored), hex(known.hash())));
            } else if (!Arrays.equals(known.previousHash(), batch.getBytes(7))) {
                tell(
                        sequence,
                        "previous hash %s (expected: %s, as published)"
                                .formatted(hex(batch.getBytes(7)), hex(known.previousHash())));
            }
        }
        head = sequence;
        hash = stored;
        return isMore;
    }

    private byte[] hash(ResultSet batch, long sequence, byte[] digest) throws SQLException {
        byte[] previous = batch.getBytes(7);
        if (batch.getInt(9) != SealedBatch.FORMAT) {
            return SealedBatch.formerHash(previous, sequence, digest);
        }
        byte[] expected = SealedBatch.hash(previous, sequence, digest, history.root());
        history.add(sequence, digest);
        return expected;
    }

    /// A restoration from a backup leaves numbers out. What had been published of them is lost, and nothing but that shows it.
    private void lost(long sequence) {
        published.values().stream()
                .flatMap(List::stream)
                .filter(one -> one.sequence() > head && one.sequence() < sequence)
                .forEach(
                        one ->
                                tell(
                                        one.sequence(),
                                        "is not there, and was published at %s (expected: nothing lost; batch %d notes that the database was restored as of %d)"
                                                .formatted(one.at(), sequence, head)));
    }

    private void endsBefore(Head one) {
        tell(
                head + 1,
                "is not there, and so on up to %d, which was published at %s (expected: a ledger that goes on; it was cut, or restored from before)"
                        .formatted(one.sequence(), one.at()));
    }

    private void strays(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(STRAYS);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                findings.add(
                        new TamperFinding(
                                head + 1,
                                "ledger.row_change",
                                "%d changes are of a batch with id %d (expected: one that is there)"
                                        .formatted(rows.getLong(2), rows.getLong(1))));
            }
        }
    }

    private void newest(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(HEAD);
                ResultSet rows = statement.executeQuery()) {
            if (!rows.next()) {
                findings.add(new TamperFinding(head + 1, "ledger.head", "no row (expected: one)"));
            } else if (rows.getLong(3) != history.size()
                    || !Arrays.equals(rows.getBytes(4), history.peaks())) {
                findings.add(
                        new TamperFinding(
                                head + 1,
                                "ledger.head",
                                "its tree is of %d batches, %s (expected: %d, %s, as the batches are)"
                                        .formatted(
                                                rows.getLong(3),
                                                hex(rows.getBytes(4)),
                                                history.size(),
                                                hex(history.peaks()))));
            } else if (rows.getLong(1) != head || !Arrays.equals(rows.getBytes(2), hash)) {
                findings.add(
                        new TamperFinding(
                                Math.min(rows.getLong(1), head) + 1,
                                "ledger.head",
                                "%d %s (expected: %d %s, the newest batch)"
                                        .formatted(
                                                rows.getLong(1),
                                                hex(rows.getBytes(2)),
                                                head,
                                                hex(hash))));
            }
        }
    }

    private void expect(long sequence, String what, byte[] stored, byte[] expected) {
        if (!Arrays.equals(stored, expected)) {
            tell(sequence, "%s %s (expected: %s)".formatted(what, hex(stored), hex(expected)));
        }
    }

    private void tell(long sequence, String what) {
        findings.add(new TamperFinding(sequence, "ledger.batch", what));
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
