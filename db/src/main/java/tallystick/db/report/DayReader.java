package tallystick.db.report;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tallystick.db.Database;
import tallystick.db.report.DayReading.Change;
import tallystick.db.report.DayReading.Covered;
import tallystick.db.report.DayReading.Decided;
import tallystick.db.report.DayReading.Line;
import tallystick.db.report.DayReading.Proof;
import tallystick.db.report.DayReading.Stored;
import tallystick.db.report.DayReading.Sum;
import tallystick.db.report.DayReading.UnderWay;
import tallystick.ledger.day.DayFacts;
import tallystick.ledger.day.Subject;

/// Reads a business day as it was known at a ledger sequence. It looks at append-only rows alone, so that the same question
/// always has the same answer. Any thread.
public final class DayReader {
    /// Of the register, which may be larger than memory.
    private static final int ROWS_AT_ONCE = 1_000;

    private static final String HEAD =
            """
            SELECT encode(batch.hash, 'hex'), batch.decided_at,
                   (SELECT activation.version
                      FROM register.rule_activation AS activation
                      JOIN ledger.batch AS at USING (batch_id)
                     WHERE at.sequence <= wanted.sequence
                     ORDER BY at.sequence DESC
                     LIMIT 1)
              FROM (SELECT ?::bigint AS sequence) AS wanted
              LEFT JOIN ledger.batch USING (sequence)
            """;

    private static final String LINES =
            """
            SELECT delta.node, delta.subject, delta.name, delta.place,
                   COALESCE(sum(delta.count) FILTER (WHERE delta.slot < wanted.first), 0),
                   COALESCE(sum(delta.msat) FILTER (WHERE delta.slot < wanted.first), 0),
                   COALESCE(sum(delta.count) FILTER (WHERE delta.slot >= wanted.first AND delta.slot < wanted.ending), 0),
                   COALESCE(sum(delta.msat) FILTER (WHERE delta.slot >= wanted.first AND delta.slot < wanted.ending), 0),
                   COALESCE(sum(delta.count) FILTER (WHERE delta.slot < wanted.first AND batch.sequence > wanted.since), 0),
                   COALESCE(sum(delta.msat) FILTER (WHERE delta.slot < wanted.first AND batch.sequence > wanted.since), 0),
                   sum(delta.count), sum(delta.msat)
              FROM (SELECT ?::bigint AS sequence, ?::bigint AS since, ?::integer AS first, ?::integer AS ending) AS wanted
              JOIN ledger.batch ON batch.sequence <= wanted.sequence
              JOIN ledger.day_delta AS delta USING (batch_id)
             WHERE delta.subject <> 'UNDER_WAY'
             GROUP BY delta.node, delta.subject, delta.name, delta.place
             ORDER BY delta.subject COLLATE "C", delta.node COLLATE "C", delta.name COLLATE "C", delta.place COLLATE "C"
            """;

    private static final String UNDER_WAY =
            """
            SELECT delta.node, delta.name, delta.place, sum(delta.count), sum(delta.msat)
              FROM ledger.day_delta AS delta
              JOIN ledger.batch USING (batch_id)
             WHERE delta.subject = 'UNDER_WAY' AND batch.sequence <= ? AND delta.slot < ?
             GROUP BY delta.node, delta.name, delta.place
            HAVING sum(delta.count) <> 0 OR sum(delta.msat) <> 0
             ORDER BY delta.node COLLATE "C", delta.name COLLATE "C", delta.place COLLATE "C"
            """;

    /// As each mismatch stood last; those that are over are left out by who can read the bytes.
    private static final String STANDING =
            """
            SELECT after
              FROM (SELECT DISTINCT ON (change.mismatch_id) change.mismatch_id, change.after
                      FROM register.change
                      JOIN ledger.batch USING (batch_id)
                     WHERE batch.sequence <= ?
                     ORDER BY change.mismatch_id, batch.sequence DESC, change.ordinal DESC) AS last
             ORDER BY mismatch_id
            """;

    private static final String CHANGES =
            """
            SELECT change.before, change.after
              FROM register.change
              JOIN ledger.batch USING (batch_id)
             WHERE batch.sequence > ? AND batch.sequence <= ?
             ORDER BY batch.sequence, change.ordinal
            """;

    /// What a decision is about is told as far as it was known: it may have come before what made its mismatch open.
    private static final String DECISIONS =
            """
            SELECT batch.sequence, decision.bytes, COALESCE(mismatch.node, ''), COALESCE(mismatch.reference, '')
              FROM register.decision
              JOIN ledger.batch USING (batch_id)
              LEFT JOIN register.mismatch
                ON mismatch.mismatch_id = decision.mismatch_id
               AND EXISTS (SELECT
                             FROM register.change
                             JOIN ledger.batch AS told USING (batch_id)
                            WHERE change.mismatch_id = decision.mismatch_id AND told.sequence <= ?)
             WHERE batch.sequence > ? AND batch.sequence <= ?
             ORDER BY batch.sequence, decision.decision_id COLLATE "C"
            """;

    private static final String PROOFS =
            """
            WITH newest AS MATERIALIZED (
                SELECT DISTINCT ON (proof.node COLLATE "C")
                       proof.node, proof.observed_at, proof.sequence, proof.channels_msat, proof.local_ledger_msat,
                       proof.local_node_msat, proof.local_residual_msat, proof.local_drift_msat, proof.wallet_ledger_msat,
                       proof.wallet_node_msat, proof.wallet_residual_msat, proof.wallet_explanation, proof.wallet_drift_msat,
                       count(*) FILTER (WHERE batch.sequence > wanted.since) OVER one AS made,
                       count(*) FILTER (WHERE batch.sequence > wanted.since AND proof.wallet_residual_msat = 0
                                          AND proof.local_residual_msat = 0) OVER one AS footed,
                       count(*) FILTER (WHERE batch.sequence > wanted.since AND proof.local_residual_msat = 0
                                          AND proof.wallet_residual_msat <> 0 AND proof.wallet_explanation <> '') OVER one AS explained,
                       count(*) FILTER (WHERE batch.sequence > wanted.since AND proof.local_residual_msat IS NULL
                                          AND (proof.wallet_residual_msat = 0 OR proof.wallet_explanation <> '')) OVER one AS incomplete
                  FROM (SELECT ?::bigint AS sequence, ?::bigint AS since, ?::timestamptz AS ending) AS wanted
                  JOIN ledger.batch ON batch.sequence <= wanted.sequence
                  JOIN ledger.proof USING (batch_id)
                 WHERE proof.observed_at < wanted.ending
                WINDOW one AS (PARTITION BY proof.node)
                 ORDER BY proof.node COLLATE "C", proof.observed_at DESC
            )
            SELECT newest.node, newest.observed_at, newest.sequence, newest.channels_msat, newest.local_ledger_msat,
                   newest.local_node_msat, newest.local_residual_msat, newest.local_drift_msat, newest.wallet_ledger_msat,
                   newest.wallet_node_msat, newest.wallet_residual_msat, newest.wallet_explanation, newest.wallet_drift_msat,
                   newest.made, newest.footed, newest.explained, newest.incomplete, channels.within, channels.beyond,
                   channels.not_told
              FROM newest
              CROSS JOIN LATERAL (
                    SELECT count(*) FILTER (WHERE residual_msat = 0) AS within,
                           count(*) FILTER (WHERE residual_msat <> 0) AS beyond,
                           count(*) FILTER (WHERE residual_msat IS NULL) AS not_told
                      FROM ledger.proof_channel AS channel
                     WHERE channel.node = newest.node AND channel.observed_at = newest.observed_at) AS channels
             ORDER BY newest.node COLLATE "C"
            """;

    private static final String COVERAGE =
            """
            SELECT node, max(alias COLLATE "C"), stream, CASE WHEN bool_and(proven_until IS NOT NULL) THEN min(proven_until) END,
                   bool_or(has_gaps)
              FROM (SELECT DISTINCT ON (known.node, known.stream, known.partition_number)
                           known.node, known.alias, known.stream, known.proven_until, known.has_gaps
                      FROM ledger.coverage_known AS known
                      JOIN ledger.batch USING (batch_id)
                     WHERE batch.sequence <= ?
                     ORDER BY known.node, known.stream, known.partition_number, batch.sequence DESC) AS last
             GROUP BY node, stream
             ORDER BY node COLLATE "C", stream COLLATE "C"
            """;

    /// Reads what the register says, which this module cannot: mismatches are `tallystick.v1.Mismatch`. There may have been more
    /// than fit into memory, so they are handed over one by one.
    public interface Register {
        /// Whether a mismatch is open, and so is kept.
        boolean isOpen(byte[] mismatch);

        /// Takes what changed since, in the order in which it did.
        void change(Change change);
    }

    /// @param from when the day begins; a quarter hour
    /// @param to when the next begins; a quarter hour
    /// @param sequence the ledger as known then
    /// @param since the sequence after which something became known
    public DayReading read(
            Connection connection,
            Instant from,
            Instant to,
            long sequence,
            long since,
            Register register)
            throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(Database.READER_PLANS);
        }
        readChanges(connection, since, sequence, register);
        int first = DayFacts.slot(from);
        int ending = DayFacts.slot(to);
        try (PreparedStatement statement = prepare(connection, HEAD, sequence);
                ResultSet row = statement.executeQuery()) {
            row.next();
            int rules = row.getInt(3);
            return new DayReading(
                    sequence,
                    since,
                    row.getString(1) == null ? "" : row.getString(1),
                    instant(row.getTimestamp(2)),
                    rules == 0 ? OptionalInt.empty() : OptionalInt.of(rules),
                    lines(connection, sequence, since, first, ending),
                    underWay(connection, sequence, ending),
                    standing(connection, sequence, register),
                    standing(connection, since, register),
                    decisions(connection, since, sequence),
                    proofs(connection, sequence, since, to),
                    coverage(connection, sequence));
        }
    }

    private static PreparedStatement prepare(
            Connection connection, String sql, Object... parameters) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            if (parameters[i] instanceof Instant moment) {
                statement.setObject(
                        i + 1, moment.atOffset(ZoneOffset.UTC), Types.TIMESTAMP_WITH_TIMEZONE);
            } else {
                statement.setObject(i + 1, parameters[i]);
            }
        }
        return statement;
    }

    private static List<Line> lines(
            Connection connection, long sequence, long since, int first, int ending)
            throws SQLException {
        List<Line> result = new ArrayList<>();
        try (PreparedStatement statement =
                        prepare(connection, LINES, sequence, since, first, ending);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                Line line =
                        new Line(
                                row.getString(1),
                                Subject.valueOf(row.getString(2)),
                                row.getString(3),
                                row.getString(4),
                                sum(row, 5),
                                sum(row, 7),
                                sum(row, 9),
                                sum(row, 11));
                if (!line.before().isNothing()
                        || !line.within().isNothing()
                        || !line.late().isNothing()
                        || !line.whole().isNothing()) {
                    result.add(line);
                }
            }
        }
        return result;
    }

    private static Sum sum(ResultSet row, int column) throws SQLException {
        return new Sum(row.getLong(column), row.getBigDecimal(column + 1).toBigIntegerExact());
    }

    private static List<UnderWay> underWay(Connection connection, long sequence, int ending)
            throws SQLException {
        List<UnderWay> result = new ArrayList<>();
        try (PreparedStatement statement = prepare(connection, UNDER_WAY, sequence, ending);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                result.add(
                        new UnderWay(
                                row.getString(1), row.getString(2), row.getString(3), sum(row, 4)));
            }
        }
        return result;
    }

    private static List<Stored> standing(Connection connection, long sequence, Register register)
            throws SQLException {
        List<Stored> result = new ArrayList<>();
        try (PreparedStatement statement = prepare(connection, STANDING, sequence)) {
            statement.setFetchSize(ROWS_AT_ONCE);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    byte[] after = row.getBytes(1);
                    if (register.isOpen(after)) {
                        result.add(new Stored(after));
                    }
                }
            }
        }
        return result;
    }

    private static void readChanges(
            Connection connection, long since, long sequence, Register register)
            throws SQLException {
        try (PreparedStatement statement = prepare(connection, CHANGES, since, sequence)) {
            statement.setFetchSize(ROWS_AT_ONCE);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    byte @Nullable [] before = row.getBytes(1);
                    register.change(
                            new Change(before == null ? new byte[0] : before, row.getBytes(2)));
                }
            }
        }
    }

    private static List<Decided> decisions(Connection connection, long since, long sequence)
            throws SQLException {
        List<Decided> result = new ArrayList<>();
        try (PreparedStatement statement =
                        prepare(connection, DECISIONS, sequence, since, sequence);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                result.add(
                        new Decided(
                                row.getLong(1),
                                row.getBytes(2),
                                row.getString(3),
                                row.getString(4)));
            }
        }
        return result;
    }

    private static List<Proof> proofs(
            Connection connection, long sequence, long since, Instant ending) throws SQLException {
        List<Proof> result = new ArrayList<>();
        try (PreparedStatement statement = prepare(connection, PROOFS, sequence, since, ending);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                result.add(
                        new Proof(
                                row.getString(1),
                                row.getTimestamp(2).toInstant(),
                                row.getLong(3),
                                row.getLong(4),
                                optional(row, 5),
                                optional(row, 6),
                                optional(row, 7),
                                row.getLong(8),
                                row.getLong(9),
                                row.getLong(10),
                                row.getLong(11),
                                row.getString(12),
                                row.getLong(13),
                                row.getLong(14),
                                row.getLong(15),
                                row.getLong(16),
                                row.getLong(17),
                                row.getLong(18),
                                row.getLong(19),
                                row.getLong(20)));
            }
        }
        return result;
    }

    /// How far each stream of each node was proven to have been read.
    public List<Covered> coverage(Connection connection, long sequence) throws SQLException {
        List<Covered> result = new ArrayList<>();
        try (PreparedStatement statement = prepare(connection, COVERAGE, sequence);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                result.add(
                        new Covered(
                                row.getString(1),
                                row.getString(2),
                                row.getString(3),
                                instant(row.getTimestamp(4)),
                                row.getBoolean(5)));
            }
        }
        return result;
    }

    private static OptionalLong optional(ResultSet row, int column) throws SQLException {
        BigDecimal value = row.getBigDecimal(column);
        if (value == null) {
            return OptionalLong.empty();
        }
        BigInteger whole = value.toBigIntegerExact();
        return OptionalLong.of(whole.longValueExact());
    }

    private static Optional<Instant> instant(@Nullable Timestamp timestamp) {
        return Optional.ofNullable(timestamp).map(Timestamp::toInstant);
    }
}
