package tallystick.db;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tallystick.db.testing.TestDatabase;
import tallystick.db.write.EvidenceRepository;
import tallystick.db.write.HistoryRepository;
import tallystick.db.write.HistoryRepository.Applied;
import tallystick.db.write.TransferRepository;

/// Evidence and transfers lie many to a row, and read as one each.
class ChunksIT {
    private static final Instant START = Instant.parse("2024-11-23T10:00:00.123456Z");

    /// Its evidence fills two chunks and more.
    private static final int LARGE_ITEM = 100;

    private final EvidenceRepository evidence = new EvidenceRepository();
    private final TransferRepository transfers = new TransferRepository();
    private final TestDatabase database = TestDatabase.migrated();
    private Connection connection;

    @BeforeEach
    void connect() throws SQLException {
        connection = database.dataSource().getConnection();
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
        database.close();
    }

    @Test
    void evidenceReadsAsItWasWritten() throws SQLException {
        List<EvidenceRepository.Row> rows = evidenceRows();
        List<EvidenceRepository.Row> one = List.of(evidence(3, 7, new byte[30_000]));
        evidence.insert(connection, 11, rows);
        evidence.insert(connection, 12, one);
        evidence.insert(connection, 13, List.of());

        List<String> expected = new ArrayList<>(evidenceLines(11, rows));
        expected.addAll(evidenceLines(12, one));
        assertThat(
                        lines(
                                """
                                SELECT concat_ws(' ', batch_id, ordinal, encode(item_key, 'hex'), topic, partition_number,
                                                 record_offset, node, to_char(observed_at AT TIME ZONE 'UTC', 'SS.US'),
                                                 encode(digest, 'hex'), octet_length(bytes))
                                  FROM ledger.evidence
                                 ORDER BY batch_id, ordinal
                                """))
                .isEqualTo(expected);
        assertThat(lines("SELECT count(*) > 20 FROM ledger.evidence_chunk WHERE batch_id = 11"))
                .containsExactly("t");
        assertThat(lines("SELECT count(*) FROM ledger.evidence_chunk WHERE batch_id = 12"))
                .containsExactly("1");
    }

    @Test
    void anItemsEvidenceIsFoundInAllItsChunksAndBatches() throws SQLException {
        evidence.insert(connection, 11, evidenceRows());
        evidence.insert(connection, 12, evidenceRows());
        evidence.insert(connection, 13, evidenceRows());
        for (int batch = 11; batch <= 13; batch++) {
            database.execute(
                    """
                    INSERT INTO ledger.batch (sequence, batch_id, cause, decided_at, records, digest, previous_hash, hash)
                    SELECT %1$d, %1$d, 'records', now(), 1, nothing, nothing, nothing
                      FROM sha256('') AS nothing
                    """
                            .formatted(batch));
        }
        for (int item : new int[] {LARGE_ITEM, LARGE_ITEM + 1, 0, 299}) {
            addItem(item, "{11,13}");
        }

        HistoryRepository history = new HistoryRepository();
        List<Applied> large = history.evidence(connection, List.of(key(LARGE_ITEM)));
        List<Applied> others = history.evidence(connection, List.of(key(LARGE_ITEM + 1), key(0)));

        assertThat(large).hasSize(80);
        assertThat(large)
                .extracting(Applied::sequence)
                .startsWith(11L, 11L)
                .endsWith(13L, 13L)
                .doesNotContain(12L);
        assertThat(large.subList(0, 40)).extracting(Applied::offset).isSorted().hasSize(40);
        assertThat(others)
                .extracting(Applied::offset)
                .containsExactlyInAnyOrder(0L, 0L, 101_000L, 101_000L);
        assertThat(lines("SELECT item, count(*) FROM audit.evidence GROUP BY 1 ORDER BY 1"))
                .containsExactly("item 0", "item 100", "item 101", "item 299");
        assertThat(lines("SELECT count(*) FROM audit.evidence")).containsExactly("86");
    }

    @Test
    void aChunkLiesInItsPageAndNowhereElse() throws SQLException {
        evidence.insert(connection, 11, evidenceRows());
        transfers.post(connection, 11, postings());
        transfers.allocate(connection, 11, postings().size(), allocations());

        assertThat(
                        lines(
                                """
                                SELECT max(pg_column_size(chunk.*)) BETWEEN 7000 AND 8160 FROM ledger.evidence_chunk AS chunk
                                UNION ALL
                                SELECT max(pg_column_size(chunk.*)) BETWEEN 7000 AND 8160 FROM ledger.transfer_chunk AS chunk
                                UNION ALL
                                SELECT sum(pg_relation_size(reltoastrelid)) = 0
                                  FROM pg_class
                                 WHERE oid IN ('ledger.evidence_chunk'::regclass, 'ledger.transfer_chunk'::regclass)
                                """))
                .containsExactly("t", "t", "t");
    }

    @Test
    void transfersReadAsTheyWereWritten() throws SQLException {
        transfers.post(connection, 11, postings());
        transfers.allocate(connection, 11, postings().size(), allocations());

        List<String> expected = new ArrayList<>();
        for (TransferRepository.Row row : postings()) {
            expected.add(
                    "%d %s %s %d %d %d"
                            .formatted(
                                    expected.size(),
                                    HexFormat.of().formatHex(row.itemKey()),
                                    row.leg(),
                                    row.debitId(),
                                    row.creditId(),
                                    row.amountMsat()));
        }
        for (TransferRepository.AllocationRow row : allocations()) {
            expected.add(
                    "%d %s %s 1 1 %d %s"
                            .formatted(
                                    expected.size(),
                                    HexFormat.of().formatHex(row.itemKey()),
                                    row.leg(),
                                    row.amountMsat(),
                                    HexFormat.of().formatHex(row.counterItemKey())));
        }
        assertThat(
                        lines(
                                """
                                SELECT concat_ws(' ', ordinal, encode(item_key, 'hex'), leg, debit_id, credit_id, amount_msat,
                                                 encode(counter_item_key, 'hex'))
                                  FROM ledger.transfer
                                 WHERE batch_id = 11
                                 ORDER BY ordinal
                                """))
                .isEqualTo(expected);
        assertThat(lines("SELECT unposted_msat FROM ledger.identity")).containsExactly("0");
    }

    @Test
    void theIndexFindsAnItemsChunks() throws SQLException {
        for (int batch = 1; batch <= 40; batch++) {
            evidence.insert(connection, batch, evidenceRows());
            transfers.post(connection, batch, postings());
        }
        for (int item = 0; item < 300; item++) {
            addItem(item, "{%d,%d}".formatted(1 + item % 40, 1 + item % 39));
        }
        database.execute("ANALYZE");

        for (String view : List.of("ledger.evidence", "ledger.transfer")) {
            String plan =
                    String.join(
                            "\n",
                            lines(
                                    """
                                    EXPLAIN
                                    SELECT one.ordinal
                                      FROM ledger.item
                                      JOIN %s AS one ON one.batch_id = ANY (item.batch_ids) AND one.item_key = item.item_key
                                                    AND item.item_key BETWEEN one.first_key AND one.last_key
                                     WHERE item.key_text = 'item 7'
                                    """
                                            .formatted(view)));

            assertThat(plan)
                    .contains(
                            "Index Cond: ((batch_id = ANY (item_row.batch_ids))",
                            "AND (last_key >= item_row.item_key) AND (first_key <= item_row.item_key))");
        }
    }

    private void addItem(int item, String batchIds) {
        database.execute(
                """
                INSERT INTO ledger.item_row (item_key, reference, kind, partition_number, state, residue_msat, has_invoice,
                                             has_payment, node_keys, version, batch_ids, body)
                VALUES ('\\x%s', convert_to('item %d', 'UTF8'), 'order', 0, 'IDLE', 0, false, false, '', 1, '%s', '')
                """
                        .formatted(HexFormat.of().formatHex(key(item)), item, batchIds));
    }

    private static List<EvidenceRepository.Row> evidenceRows() {
        List<EvidenceRepository.Row> rows = new ArrayList<>();
        for (int item = 0; item < 300; item++) {
            for (int n = 0; n < (item == LARGE_ITEM ? 40 : 1); n++) {
                rows.add(evidence(item, n, new byte[1 + (item * 7 + n * 13) % 900]));
            }
        }
        return rows;
    }

    private static EvidenceRepository.Row evidence(int item, int n, byte[] bytes) {
        return new EvidenceRepository.Row(
                key(item),
                "topic" + item % 3,
                item % 4,
                item * 1_000L + n,
                item % 5 == 0 ? "" : "node" + item % 5,
                START.plusSeconds(n),
                bytes,
                null);
    }

    private static List<String> evidenceLines(long batchId, List<EvidenceRepository.Row> rows) {
        List<String> lines = new ArrayList<>();
        for (EvidenceRepository.Row row : rows) {
            lines.add(
                    "%d %d %s %s %d %d %s %02d.123456 %s %d"
                            .formatted(
                                    batchId,
                                    lines.size(),
                                    HexFormat.of().formatHex(row.itemKey()),
                                    row.topic(),
                                    row.partition(),
                                    row.offset(),
                                    row.node(),
                                    row.observedAt().getEpochSecond() % 60,
                                    HexFormat.of().formatHex(sha256(row.bytes())),
                                    row.bytes().length));
        }
        return lines;
    }

    private static List<TransferRepository.Row> postings() {
        List<TransferRepository.Row> rows = new ArrayList<>();
        for (int item = 0; item < 300; item++) {
            rows.add(new TransferRepository.Row(key(item), 0, "leg/" + item, 1, 2, 100 + item));
            rows.add(new TransferRepository.Row(key(item), 0, "fee", 2, 3, 1));
        }
        return rows;
    }

    private static List<TransferRepository.AllocationRow> allocations() {
        List<TransferRepository.AllocationRow> rows = new ArrayList<>();
        for (int item = 0; item < 200; item++) {
            rows.add(
                    new TransferRepository.AllocationRow(
                            key(item), 0, key(item + 1), 1, "allocation/day", 1, 7));
        }
        return rows;
    }

    /// In the order of the numbers.
    private static byte[] key(int item) {
        byte[] key = sha256(Integer.toString(item).getBytes(UTF_8));
        key[0] = (byte) (item >> 8);
        key[1] = (byte) item;
        return key;
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<String> lines(String sql) throws SQLException {
        List<String> result = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                result.add(rows.getString(1));
            }
        }
        return result;
    }
}
