package tallystick.db.seal;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import tallystick.db.Database;
import tallystick.db.Migrator;

/// Holds every row against what the batches sealed, and the batches against their chain and against heads that were published.
/// Reads only, in one snapshot, in bounded memory; the database sorts on disk what does not fit.
public final class TamperCheck {
    /// Most rows of a table that are told one by one: who restores a backup changes them all.
    private static final int ROWS_TOLD_MAX = 20;

    private static final String NOTES = "V094__tamper_evidence.sql";

    private static final String TABLES =
            """
            SELECT table_schema || '.' || table_name AS name, sealed.relation IS NOT NULL, true,
                   COALESCE(sealed.is_appended, false)
                       AND EXISTS (SELECT FROM pg_attribute
                                    WHERE attrelid = to_regclass(sealed.relation) AND attname = 'batch_id' AND NOT attisdropped)
              FROM information_schema.tables
              LEFT JOIN ledger.sealed_table AS sealed ON sealed.relation = table_schema || '.' || table_name
             WHERE table_schema IN ('ledger', 'register', 'report') AND table_type = 'BASE TABLE'
               AND table_schema || '.' || table_name NOT IN ('ledger.head', 'ledger.row_change', 'ledger.evidence_text')
             UNION
            SELECT relation, true, false, false FROM ledger.sealed_table WHERE to_regclass(relation) IS NULL
             UNION
            SELECT DISTINCT relation, true, to_regclass(relation) IS NOT NULL, false
              FROM ledger.row_change
             WHERE relation NOT IN (SELECT relation FROM ledger.sealed_table)
             ORDER BY 1
            """;

    private static final String BY_HAND =
            """
            SELECT change.relation, change.id, batch.sequence, octet_length(removed) / 32, octet_length(added) / 32
              FROM ledger.row_change AS change
              LEFT JOIN ledger.batch USING (batch_id)
             WHERE NOT change.is_ours
             ORDER BY change.id
            """;

    private static final String GONE =
            """
            SELECT change.relation, change.id, batch.sequence, octet_length(removed) / 32, octet_length(added) / 32
              FROM ledger.row_change AS change
              JOIN ledger.sealed_table USING (relation)
              LEFT JOIN ledger.batch USING (batch_id)
             WHERE is_appended AND removed <> ''
               AND NOT (change.relation = 'ledger.evidence_chunk' AND added = ''
                        AND EXISTS (SELECT FROM ledger.archived_month
                                     WHERE chunks_digest = (SELECT sha256(string_agg(substr(removed, place, 32), ''
                                                                                     ORDER BY substr(removed, place, 32)))
                                                              FROM generate_series(1, octet_length(removed), 32) AS place)))
             ORDER BY change.id
            """;

    /// Months that are said to lie in a file, though nothing went that could be in it.
    private static final String NOT_ARCHIVED =
            """
            SELECT to_char(month, 'YYYY-MM'), first_sequence
              FROM ledger.archived_month AS month
             WHERE chunks > 0
               AND NOT EXISTS (SELECT FROM ledger.row_change
                                WHERE relation = 'ledger.evidence_chunk' AND removed <> '' AND added = ''
                                  AND month.chunks_digest = (SELECT sha256(string_agg(substr(removed, place, 32), ''
                                                                                      ORDER BY substr(removed, place, 32)))
                                                               FROM generate_series(1, octet_length(removed), 32) AS place))
             ORDER BY month
            """;

    private static final String NOT_NOTING =
            """
            SELECT relation || '.' || wanted.name
              FROM ledger.sealed_table
             CROSS JOIN (VALUES ('note_insert'), ('note_update'), ('note_delete')) AS wanted (name)
              LEFT JOIN pg_trigger ON tgrelid = to_regclass(relation) AND tgname = wanted.name
             WHERE tgenabled IS DISTINCT FROM 'O'
                OR tgfoid <> 'ledger.note_rows'::regproc
             ORDER BY 1
            """;

    private static final String NOTING =
            "SELECT prosrc FROM pg_proc WHERE oid = to_regprocedure('ledger.note_rows()')";

    /// What was proven to have been read, beyond all that ever became known.
    private static final String COVERAGE =
            """
            SELECT coverage.node, coverage.stream, coverage.proven_until, max(known.proven_until)
              FROM ledger.coverage
              JOIN ledger.coverage_known AS known USING (partition_number, node, stream)
             GROUP BY coverage.partition_number, coverage.node, coverage.stream, coverage.proven_until
            HAVING coverage.proven_until > max(known.proven_until)
             ORDER BY 1, 2
            """;

    private static final String NOT_SEALED =
            """
            SELECT count(*) FROM ledger.row_change WHERE batch_id IS NULL
            """;

    /// Whoever changes a balance and notes it as the program would, has still not posted it.
    private static final String BALANCES =
            """
            WITH side AS (
                SELECT debit_id AS account_id, amount_msat AS debit_msat, 0 AS credit_msat FROM ledger.transfer
                 UNION ALL
                SELECT credit_id, 0, amount_msat FROM ledger.transfer
            ), posted AS (
                SELECT account_id, sum(debit_msat) AS debit_msat, sum(credit_msat) AS credit_msat FROM side GROUP BY account_id
            ), held AS (
                SELECT account_id, sum(debit_msat) AS debit_msat, sum(credit_msat) AS credit_msat
                  FROM ledger.balance GROUP BY account_id
            )
            SELECT coalesce(name, account_id::text), coalesce(held.debit_msat, 0), coalesce(held.credit_msat, 0),
                   coalesce(posted.debit_msat, 0), coalesce(posted.credit_msat, 0)
              FROM held
              FULL JOIN posted USING (account_id)
              LEFT JOIN ledger.account USING (account_id)
             WHERE (coalesce(held.debit_msat, 0), coalesce(held.credit_msat, 0))
                <> (coalesce(posted.debit_msat, 0), coalesce(posted.credit_msat, 0))
             ORDER BY 1
            """;

    /// What people wrote is not noted row by row, since it can be erased: by batch, where it is not what the commitment says, or
    /// where there is anything beside it.
    private static final String TEXTS =
            """
            WITH said AS (
                SELECT text.batch_id,
                       sha256(string_agg(int4send(text.first_ordinal + text.numbers[n] - 1) || int4send(octet_length(text.places[n]))
                                         || text.places[n] || COALESCE(sha256(text.texts[n]), text.digests[n]), ''
                                         ORDER BY text.first_ordinal, n)) AS digest,
                       bool_and((text.texts[n] IS NULL) = (text.digests[n] IS NOT NULL)) AS is_either
                  FROM ledger.evidence_text AS text
                 CROSS JOIN LATERAL generate_subscripts(text.numbers, 1) AS n
                 GROUP BY text.batch_id
            ), form AS (
                SELECT batch_id,
                       bool_and(cardinality(numbers) > 0 AND cardinality(places) = cardinality(numbers)
                                AND cardinality(texts) = cardinality(numbers)
                                AND COALESCE(cardinality(digests) = cardinality(numbers), true)
                                AND COALESCE(cardinality(item_keys) = cardinality(numbers), true)
                                AND (item_keys IS NOT NULL) = (sequence <= archived.last_sequence)) AS is_whole
                  FROM ledger.evidence_text
                  LEFT JOIN ledger.batch USING (batch_id)
                 CROSS JOIN (SELECT COALESCE(max(last_sequence), 0) AS last_sequence FROM ledger.archived_month) AS archived
                 GROUP BY batch_id
            )
            SELECT batch.sequence, encode(said.digest, 'hex'), encode(commitment.digest, 'hex')
              FROM form
              FULL JOIN ledger.evidence_commitment AS commitment USING (batch_id)
              LEFT JOIN said USING (batch_id)
              LEFT JOIN ledger.batch USING (batch_id)
             WHERE said.digest IS DISTINCT FROM commitment.digest OR (said.is_either AND form.is_whole) IS NOT TRUE
             ORDER BY batch.sequence
            """;

    private TamperCheck() {}

    /// Checks everything within a transaction of the caller's.
    ///
    /// @param published heads from outside the database, whose ledger this is said to be
    /// @param progress takes what is being done, in words
    public static TamperResult run(
            Connection connection, List<Head> published, Consumer<String> progress)
            throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(Database.READER_PLANS);
        }
        List<TamperFinding> findings = new ArrayList<>();
        ChainCheck chain = new ChainCheck(findings);
        chain.run(connection, published, progress);
        long next = chain.head() + 1;
        changes(connection, BY_HAND, "changed by hand", next, findings);
        changes(
                connection,
                GONE,
                "taken away or changed, where rows only ever come",
                next,
                findings);
        notArchived(connection, findings);
        notNoting(connection, next, findings);
        progress.accept("views and functions");
        Definitions.check(connection, next, findings);
        long rows = 0;
        for (Table table : tables(connection)) {
            progress.accept("table " + table.name());
            if (!table.isSealed()) {
                findings.add(
                        new TamperFinding(
                                next, table.name(), "is not sealed (expected: as every table)"));
            } else if (!table.isThere()) {
                findings.add(
                        new TamperFinding(next, table.name(), "is not there (expected: a table)"));
            } else {
                rows += rows(connection, table, next, findings);
            }
        }
        progress.accept("texts");
        texts(connection, next, findings);
        progress.accept("balances");
        balances(connection, next, findings);
        coverage(connection, next, findings);
        return new TamperResult(
                chain.head(),
                chain.hash(),
                chain.provenFrom(),
                rows,
                number(connection, NOT_SEALED),
                0,
                findings);
    }

    /// @param isDated whether its rows only come, and name their batch
    private record Table(String name, boolean isSealed, boolean isThere, boolean isDated) {}

    private static List<Table> tables(Connection connection) throws SQLException {
        List<Table> result = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(TABLES);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                result.add(
                        new Table(
                                rows.getString(1),
                                rows.getBoolean(2),
                                rows.getBoolean(3),
                                rows.getBoolean(4)));
            }
        }
        return result;
    }

    /// What was noted as coming more often than going must be there just as often. Long notes are stored apart: with something
    /// added they are read once, and not for each digest. A row that names its batch was sealed by that, or
    /// by the next; the first batch that sealed anything also sealed all that was there.
    private static String rowsOf(Table table) {
        return """
            WITH noted AS (
                SELECT digest, sum(times) AS times, max(batch_id) FILTER (WHERE times > 0) AS batch_id
                  FROM (SELECT change.batch_id, substr(side.digests, place, 32) AS digest, side.times
                          FROM ledger.row_change AS change
                         CROSS JOIN LATERAL (VALUES (change.added || '', 1), (change.removed || '', -1)) AS side (digests, times)
                         CROSS JOIN LATERAL generate_series(1, octet_length(side.digests), 32) AS place
                         WHERE change.relation = ?) AS every_one
                 GROUP BY digest
                HAVING sum(times) <> 0
            ), present AS (
                SELECT sha256(record_send(one)) AS digest, count(*) AS times, min(one.ctid) AS place, min(%2$s) AS batch_id
                  FROM %1$s AS one
                 GROUP BY 1
            ), numbered AS (
                SELECT batch_id, sequence, row_number() OVER (ORDER BY sequence) AS number FROM ledger.batch
            ), compared AS (
                SELECT digest, COALESCE(present.times, 0) AS present, COALESCE(noted.times, 0) AS noted, present.place,
                       sealing.sequence, own.sequence AS own,
                       COALESCE(sealing.number, (SELECT count(*) + 1 FROM ledger.batch)) NOT BETWEEN own.number AND own.number + 1
                           AND COALESCE(sealing.sequence > (SELECT min(sequence) FROM ledger.batch WHERE format = 1), true)
                           AS is_back_dated
                  FROM noted
                  FULL JOIN present USING (digest)
                  LEFT JOIN numbered AS sealing ON sealing.batch_id = noted.batch_id
                  LEFT JOIN numbered AS own ON own.batch_id = present.batch_id
            )
            SELECT present, noted, encode(digest, 'hex'),
                   (SELECT left(to_jsonb(one)::text, 400) FROM %1$s AS one WHERE one.ctid = compared.place), sequence, own
              FROM compared
             WHERE present <> noted OR is_back_dated
             ORDER BY sequence NULLS LAST
            """
                .formatted(table.name(), table.isDated() ? "one.batch_id" : "NULL::bigint");
    }

    /// Returns how many rows there are.
    private static long rows(
            Connection connection, Table table, long next, List<TamperFinding> findings)
            throws SQLException {
        // The name is that of a table that exists.
        try (PreparedStatement statement = connection.prepareStatement(rowsOf(table))) {
            statement.setString(1, table.name());
            statement.setMaxRows(ROWS_TOLD_MAX);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    findings.add(row(table.name(), rows, next));
                }
            }
        }
        return number(connection, "SELECT count(*) FROM " + table.name());
    }

    private static TamperFinding row(String table, ResultSet rows, long next) throws SQLException {
        long present = rows.getLong(1);
        long noted = rows.getLong(2);
        String digest = rows.getString(3);
        String text = rows.getString(4);
        long sequence = rows.getLong(5);
        long first = rows.wasNull() ? next : sequence;
        if (present == noted) {
            return new TamperFinding(
                    first,
                    table,
                    "row %s came with this batch, and says it is of batch %d (expected: its own)"
                            .formatted(text, rows.getLong(6)));
        }
        String times = " %d times (expected: %d, as the batches sealed)".formatted(present, noted);
        return text == null
                ? new TamperFinding(
                        first, table, "row with digest %s is there".formatted(digest) + times)
                : new TamperFinding(
                        first,
                        table,
                        "row %s with digest %s is there".formatted(text, digest) + times);
    }

    private static void changes(
            Connection connection, String sql, String what, long next, List<TamperFinding> findings)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setMaxRows(ROWS_TOLD_MAX);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    long sequence = rows.getLong(3);
                    findings.add(
                            new TamperFinding(
                                    rows.wasNull() ? next : sequence,
                                    rows.getString(1),
                                    "%s: %d rows went, %d came, noted as change %d"
                                            .formatted(
                                                    what,
                                                    rows.getLong(4),
                                                    rows.getLong(5),
                                                    rows.getLong(2))));
                }
            }
        }
    }

    private static void notArchived(Connection connection, List<TamperFinding> findings)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(NOT_ARCHIVED);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                findings.add(
                        new TamperFinding(
                                rows.getLong(2),
                                "ledger.archived_month",
                                "%s is said to be in a file, and its evidence did not go (expected: as `tallystick archive` does it)"
                                        .formatted(rows.getString(1))));
            }
        }
    }

    private static void notNoting(Connection connection, long next, List<TamperFinding> findings)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(NOT_NOTING);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                findings.add(
                        new TamperFinding(
                                next,
                                rows.getString(1),
                                "trigger is missing, replaced or disabled (expected: enabled)"));
            }
        }
        try (PreparedStatement statement = connection.prepareStatement(NOTING);
                ResultSet rows = statement.executeQuery()) {
            if (!rows.next() || !Migrator.read(NOTES).contains("$$" + rows.getString(1) + "$$")) {
                findings.add(
                        new TamperFinding(
                                next,
                                "ledger.note_rows",
                                "function is missing or replaced (expected: as %s made it)"
                                        .formatted(NOTES)));
            }
        }
    }

    private static void coverage(Connection connection, long next, List<TamperFinding> findings)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(COVERAGE);
                ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                findings.add(
                        new TamperFinding(
                                next,
                                "ledger.coverage",
                                "%s of %s: proven until %s (expected: %s at most, as it became known)"
                                        .formatted(
                                                rows.getString(2),
                                                rows.getString(1),
                                                rows.getTimestamp(3).toInstant(),
                                                rows.getTimestamp(4).toInstant())));
            }
        }
    }

    private static void texts(Connection connection, long next, List<TamperFinding> findings)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(TEXTS)) {
            statement.setMaxRows(ROWS_TOLD_MAX);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    long sequence = rows.getLong(1);
                    findings.add(
                            new TamperFinding(
                                    rows.wasNull() ? next : sequence,
                                    "ledger.evidence_text",
                                    "texts of the batch come to %s (expected: %s, the commitment to them, and nothing beside)"
                                            .formatted(rows.getString(2), rows.getString(3))));
                }
            }
        }
    }

    private static void balances(Connection connection, long next, List<TamperFinding> findings)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(BALANCES)) {
            statement.setMaxRows(ROWS_TOLD_MAX);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    findings.add(
                            new TamperFinding(
                                    next,
                                    "ledger.balance",
                                    "account %s: debit %s, credit %s msat (expected: %s, %s, the sums of its transfers)"
                                            .formatted(
                                                    rows.getString(1),
                                                    rows.getBigDecimal(2),
                                                    rows.getBigDecimal(3),
                                                    rows.getBigDecimal(4),
                                                    rows.getBigDecimal(5))));
                }
            }
        }
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet rows = statement.executeQuery()) {
            rows.next();
            return rows.getLong(1);
        }
    }
}
