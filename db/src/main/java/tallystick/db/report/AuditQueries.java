package tallystick.db.report;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tallystick.db.Database;

/// The questions that an auditor asks about a daily report, each as one statement over the schema `audit` that he can run himself.
/// They look at append-only rows, so that the same question always has the same answer. Any thread.
public final class AuditQueries {
    /// Of a result, which may be more than memory holds.
    private static final int ROWS_AT_ONCE = 1_000;

    /// What the questions are about.
    ///
    /// @param from the first moment of the day
    /// @param to the first moment after it
    /// @param sequence the ledger as known then
    /// @param since the sequence of the report before
    /// @param issuedAt when the report was issued
    public record Subject(
            String ledger,
            LocalDate day,
            Instant from,
            Instant to,
            long sequence,
            long since,
            Instant issuedAt) {}

    /// A question with its parameters filled in.
    ///
    /// @param name of a file
    /// @param title what the result tells, in a sentence
    public record Query(String name, String title, String sql) {}

    /// Takes a result. Values are [Number], [String] or, where there is none, null.
    public interface Result {
        /// Called once, first.
        void columns(List<String> names);

        void row(List<@Nullable Object> values);
    }

    /// All questions, in the order in which they are read.
    public List<Query> of(Subject subject) {
        return Arrays.stream(Question.values()).map(one -> query(one, subject)).toList();
    }

    private static Query query(Question question, Subject subject) {
        return new Query(
                question.file,
                question.title,
                question.sql
                        .replace("{ledger}", quoted(subject.ledger()))
                        .replace("{day}", "date " + quoted(subject.day().toString()))
                        .replace("{from}", "timestamptz " + quoted(subject.from().toString()))
                        .replace("{to}", "timestamptz " + quoted(subject.to().toString()))
                        .replace("{issued}", "timestamptz " + quoted(subject.issuedAt().toString()))
                        .replace("{sequence}", Long.toString(subject.sequence()))
                        .replace("{since}", Long.toString(subject.since())));
    }

    /// As Postgres reads a text; a ledger's name may hold anything.
    private static String quoted(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    /// Asks.
    public void run(Connection connection, Query query, Result result) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(Database.READER_PLANS);
            statement.setFetchSize(ROWS_AT_ONCE);
            try (ResultSet row = statement.executeQuery(query.sql())) {
                ResultSetMetaData columns = row.getMetaData();
                List<String> names = new ArrayList<>();
                for (int i = 1; i <= columns.getColumnCount(); i++) {
                    names.add(columns.getColumnLabel(i));
                }
                result.columns(names);
                while (row.next()) {
                    List<@Nullable Object> values = new ArrayList<>();
                    for (int i = 1; i <= names.size(); i++) {
                        values.add(value(row, i, columns.getColumnType(i)));
                    }
                    result.row(values);
                }
            }
        }
    }

    private static @Nullable Object value(ResultSet row, int column, int type) throws SQLException {
        return switch (type) {
            case Types.BIGINT, Types.INTEGER, Types.SMALLINT, Types.NUMERIC ->
                    row.getBigDecimal(column);
            case Types.TIMESTAMP, Types.TIMESTAMP_WITH_TIMEZONE -> {
                OffsetDateTime at = row.getObject(column, OffsetDateTime.class);
                yield at == null ? null : at.toInstant().toString();
            }
            default -> row.getString(column);
        };
    }

    /// With names in braces for what they are about.
    private enum Question {
        PLACES(
                "01-places",
                "What each place of each node, and each other account, held when the day began and when it ended: section 2 of the report",
                """
            SELECT node, account,
                   COALESCE(sum(msat) FILTER (WHERE slot_begins < {from}), 0) AS opening_msat,
                   COALESCE(sum(msat) FILTER (WHERE slot_begins >= {from}), 0) AS of_the_day_msat,
                   sum(msat) AS closing_msat
              FROM (SELECT node, slot_begins, msat,
                           CASE WHEN subject = 'ACCOUNT' THEN place WHEN place LIKE 'limbo:%' THEN 'limbo'
                                WHEN place = 'wallet' THEN 'wallet' ELSE 'channels' END AS account
                      FROM audit.day_deltas
                     WHERE sequence <= {sequence} AND slot_begins < {to} AND subject IN ('MOVEMENT', 'ACCOUNT')) AS delta
             GROUP BY node, account
             ORDER BY node COLLATE "C", account COLLATE "C"
            """),
        /// Which short id a channel has may become known later. So channels are taken together here.
        ACCOUNTS(
                "02-accounts",
                "What was debited and credited to each account up to the report's ledger sequence; all debits equal all credits",
                """
            SELECT account, sum(debited) AS debit_msat, sum(credited) AS credit_msat, sum(debited) - sum(credited) AS balance_msat
              FROM (SELECT regexp_replace(name, '^(node:[0-9a-f]{66}):(scid|channel|limbo):.*$', '\\1:channels and limbo') AS account,
                           debited, credited
                      FROM audit.transfers
                      CROSS JOIN LATERAL (VALUES (debit, amount_msat, 0), (credit, 0, amount_msat)) AS side (name, debited, credited)
                     WHERE sequence <= {sequence}) AS side
             GROUP BY account
             ORDER BY account COLLATE "C"
            """),
        TRANSFERS(
                "03-transfers",
                "Every posting since the report before",
                """
            SELECT sequence, ordinal, item, leg,
                   regexp_replace(debit, '^(node:[0-9a-f]{66}):(scid|channel):.*$', '\\1:channel') AS debit,
                   regexp_replace(credit, '^(node:[0-9a-f]{66}):(scid|channel):.*$', '\\1:channel') AS credit,
                   amount_msat, counter_item
              FROM audit.transfers
             WHERE sequence > {since} AND sequence <= {sequence}
             ORDER BY sequence, ordinal
            """),
        OPEN(
                "04-open-mismatches",
                "What is open at the report's ledger sequence: section 4 of the report",
                """
            SELECT after ->> 'code' AS code, after ->> 'node' AS node, after ->> 'reference' AS reference,
                   COALESCE((after ->> 'amount_msat')::bigint, 0) AS amount_msat,
                   COALESCE((after ->> 'residue_msat')::bigint, 0) AS residue_msat,
                   after ->> 'severity' AS severity, mismatch_id, sequence
              FROM (SELECT DISTINCT ON (mismatch_id) mismatch_id, sequence, after
                      FROM audit.mismatch_changes
                     WHERE sequence <= {sequence}
                     ORDER BY mismatch_id, sequence DESC, ordinal DESC) AS last
             WHERE after ->> 'state' = 'MISMATCH_STATE_OPEN'
             ORDER BY after ->> 'code' COLLATE "C", after ->> 'reference' COLLATE "C", after ->> 'node' COLLATE "C", mismatch_id
            """),
        CHANGES(
                "05-mismatch-changes",
                "Every step of every mismatch since the report before",
                """
            SELECT sequence, ordinal, decided_at, mismatch_id, cause, before ->> 'state' AS was, after ->> 'state' AS became,
                   after ->> 'code' AS code, after ->> 'node' AS node, after ->> 'reference' AS reference,
                   COALESCE((after ->> 'amount_msat')::bigint, 0) AS amount_msat
              FROM audit.mismatch_changes
             WHERE sequence > {since} AND sequence <= {sequence}
             ORDER BY sequence, ordinal
            """),
        DECISIONS(
                "06-decisions",
                "What people decided since the report before",
                """
            SELECT sequence, decision_id, mismatch_id, decision
              FROM audit.decisions
             WHERE sequence > {since} AND sequence <= {sequence}
             ORDER BY sequence, decision_id COLLATE "C"
            """),
        EVIDENCE(
                "07-evidence",
                "Every record that changed something since the report before: where it lies in Kafka, and the SHA-256 of its bytes",
                """
            SELECT sequence, ordinal, half, item, topic, partition_number, record_offset, node, observed_at,
                   encode(digest, 'hex') AS sha256
              FROM audit.evidence
             WHERE sequence > {since} AND sequence <= {sequence}
             ORDER BY sequence, ordinal
            """),
        QUARANTINE(
                "08-quarantine",
                "Every record that could not be applied, and why",
                """
            SELECT sequence, ordinal, topic, partition_number, record_offset, reason
              FROM audit.quarantine
             WHERE sequence <= {sequence}
             ORDER BY sequence, ordinal
            """),
        PROOFS(
                "09-proofs",
                "Every comparison of the ledger with what a node said of itself within the day",
                """
            SELECT sequence, node, observed_at, held_against, subject, ledger_msat, node_low_msat, node_high_msat, residual_msat,
                   explanation, drift_msat
              FROM audit.proofs
             WHERE sequence <= {sequence} AND observed_at >= {from} AND observed_at < {to}
             ORDER BY node COLLATE "C", observed_at, subject COLLATE "C"
            """),
        RULES(
                "10-rules",
                "Which rules held from which ledger sequence on",
                """
            SELECT sequence, activated_at, version, body
              FROM audit.rules
             WHERE sequence <= {sequence}
             ORDER BY sequence
            """),
        BATCHES(
                "11-batches",
                "Every step of the ledger since the report before, each with its digest and linked to the one before it by its hash",
                """
            SELECT sequence, cause, decided_at, records, digest, previous_hash, hash
              FROM audit.batches
             WHERE sequence > {since} AND sequence <= {sequence}
             ORDER BY sequence
            """),
        REPORTS(
                "12-reports",
                "This report and those of earlier days, with their digests",
                """
            SELECT business_day, edition, sequence, since_sequence, issued_at, facts_digest, history_digest, seal_digest
              FROM audit.reports
             WHERE ledger = {ledger} AND business_day <= {day} AND issued_at <= {issued}
             ORDER BY business_day, edition
            """);

        private final String file;
        private final String title;
        private final String sql;

        Question(String file, String title, String sql) {
            this.file = file;
            this.title = title;
            this.sql = sql;
        }
    }
}
