package tallystick.db.report;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// Reports as they were issued. The primary key lets one be issued for each ledger and day, however many try.
public final class IssuedReports {
    private static final String HEAD = "SELECT sequence FROM ledger.head";

    /// Reports come one after another, so that whoever tells them in their order misses none.
    private static final String LOCK =
            "SELECT pg_advisory_xact_lock(hashtextextended('report.issued', 0))";

    private static final String ADD =
            """
            INSERT INTO report.issued (ledger, business_day, sequence, since_sequence, time_zone, cut_off_seconds,
                                       is_provisional, open_count, open_msat, issued_at, facts, facts_digest, history,
                                       history_digest, seal, seal_digest, edition, replaces, told_sequence, told_ordinal)
            SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, head.sequence,
                   (SELECT count(*) FROM report.issued WHERE told_sequence = head.sequence)
              FROM ledger.head
            ON CONFLICT (ledger, business_day, edition) DO NOTHING
            """;

    private static final String ISSUED_AFTER =
            """
            SELECT told_sequence, told_ordinal, ledger, business_day, edition, sequence, encode(facts_digest, 'hex'), issued_at,
                   (SELECT COALESCE(sum((one -> 'of_the_day' ->> 'count')::bigint), 0)
                      FROM jsonb_array_elements(convert_from(facts, 'UTF8')::jsonb -> 'references') AS one
                     WHERE one ->> 'state' IN ('AGREED', 'AGREED_BY_RULE', 'RESOLVED')),
                   open_count, open_msat, is_provisional
              FROM report.issued
             WHERE (told_sequence, told_ordinal) > (?, ?)
             ORDER BY told_sequence, told_ordinal
             LIMIT ?
            """;

    private static final String COLUMNS =
            """
            SELECT business_day, sequence, since_sequence, time_zone, cut_off_seconds, is_provisional, open_count, open_msat,
                   issued_at, facts, facts_digest, history, history_digest, seal, seal_digest, edition, replaces
              FROM report.issued
            """;

    private static final String OF_DAY =
            COLUMNS + " WHERE ledger = ? AND business_day = ? ORDER BY edition";

    private static final String BEFORE =
            COLUMNS
                    + " WHERE ledger = ? AND business_day < ? ORDER BY business_day DESC, edition DESC LIMIT 1";

    private static final String LIST =
            """
            SELECT DISTINCT ON (business_day)
                   business_day, edition, sequence, is_provisional, open_count, open_msat, issued_at, facts_digest, seal_digest
              FROM report.issued
             WHERE ledger = ? AND business_day <= ?
             ORDER BY business_day DESC, edition DESC
             LIMIT ?
            """;

    private static final String COUNT =
            "SELECT count(DISTINCT business_day) FROM report.issued WHERE ledger = ?";

    private static final String SIGNATURES =
            """
            SELECT mismatch_id, batch.sequence, decision.bytes
              FROM register.decision
              JOIN ledger.batch USING (batch_id)
             WHERE mismatch_id = ANY (?)
             ORDER BY mismatch_id, batch.sequence, decision_id
            """;

    /// A report as it was issued.
    ///
    /// @param facts JSON in UTF-8, as history and seal are
    /// @param edition 1 for the first report of the day, and so on
    /// @param replaces digest of the seal of the edition before
    public record Issued(
            LocalDate day,
            long sequence,
            long since,
            String timeZone,
            int cutOffSeconds,
            boolean isProvisional,
            long openCount,
            BigInteger openMsat,
            Instant issuedAt,
            byte[] facts,
            byte[] factsDigest,
            byte[] history,
            byte[] historyDigest,
            byte[] seal,
            byte[] sealDigest,
            int edition,
            Optional<byte[]> replaces) {}

    /// What a person signed, or else decided, about the report of a day.
    ///
    /// @param subject 32 bytes that stand for the report
    /// @param sequence ledger sequence at which it became known
    /// @param bytes a tallystick.v1.Decision
    public record Signature(byte[] subject, long sequence, byte[] bytes) {}

    /// A report that is to be told.
    ///
    /// @param place after which ledger sequence it was issued
    /// @param ordinal of several after the same
    /// @param agreedCount references of the day that agree
    public record Told(
            long place,
            int ordinal,
            String ledger,
            LocalDate day,
            int edition,
            long sequence,
            String factsDigest,
            Instant issuedAt,
            long agreedCount,
            long openCount,
            BigInteger openMsat,
            boolean isProvisional) {}

    /// What a list of reports tells.
    public record Entry(
            LocalDate day,
            int edition,
            long sequence,
            boolean isProvisional,
            long openCount,
            BigInteger openMsat,
            Instant issuedAt,
            byte[] factsDigest,
            byte[] sealDigest) {}

    /// The newest ledger sequence; 0 before the first batch.
    public long head(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(HEAD);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    /// @return false when the day has this edition already; nothing was written then
    public boolean add(Connection connection, String ledger, Issued report) throws SQLException {
        try (PreparedStatement lock = connection.prepareStatement(LOCK)) {
            lock.execute();
        }
        try (PreparedStatement statement = connection.prepareStatement(ADD)) {
            statement.setString(1, ledger);
            statement.setObject(2, report.day());
            statement.setLong(3, report.sequence());
            statement.setLong(4, report.since());
            statement.setString(5, report.timeZone());
            statement.setInt(6, report.cutOffSeconds());
            statement.setBoolean(7, report.isProvisional());
            statement.setLong(8, report.openCount());
            statement.setBigDecimal(9, new BigDecimal(report.openMsat()));
            statement.setObject(
                    10, report.issuedAt().atOffset(ZoneOffset.UTC), Types.TIMESTAMP_WITH_TIMEZONE);
            statement.setBytes(11, report.facts());
            statement.setBytes(12, report.factsDigest());
            statement.setBytes(13, report.history());
            statement.setBytes(14, report.historyDigest());
            statement.setBytes(15, report.seal());
            statement.setBytes(16, report.sealDigest());
            statement.setInt(17, report.edition());
            statement.setBytes(18, report.replaces().orElse(null));
            return statement.executeUpdate() == 1;
        }
    }

    /// All editions of a day's report, the first one first.
    public List<Issued> of(Connection connection, String ledger, LocalDate day)
            throws SQLException {
        return all(connection, OF_DAY, ledger, day);
    }

    /// The newest report of the last earlier day that has one.
    public Optional<Issued> before(Connection connection, String ledger, LocalDate day)
            throws SQLException {
        return all(connection, BEFORE, ledger, day).stream().findFirst();
    }

    private static List<Issued> all(Connection connection, String sql, String ledger, LocalDate day)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, ledger);
            statement.setObject(2, day);
            List<Issued> result = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.add(issued(row));
                }
            }
            return result;
        }
    }

    /// What people signed about reports.
    ///
    /// @param subjects which stand for them
    public List<Signature> signatures(Connection connection, Collection<byte[]> subjects)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SIGNATURES)) {
            statement.setArray(
                    1, connection.createArrayOf("bytea", subjects.toArray(byte[][]::new)));
            List<Signature> result = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.add(new Signature(row.getBytes(1), row.getLong(2), row.getBytes(3)));
                }
            }
            return result;
        }
    }

    private static Issued issued(ResultSet row) throws SQLException {
        return new Issued(
                row.getObject(1, LocalDate.class),
                row.getLong(2),
                row.getLong(3),
                row.getString(4),
                row.getInt(5),
                row.getBoolean(6),
                row.getLong(7),
                row.getBigDecimal(8).toBigIntegerExact(),
                row.getTimestamp(9).toInstant(),
                row.getBytes(10),
                row.getBytes(11),
                row.getBytes(12),
                row.getBytes(13),
                row.getBytes(14),
                row.getBytes(15),
                row.getInt(16),
                Optional.ofNullable(row.getBytes(17)));
    }

    /// In the order in which they were issued, those behind the given place.
    public List<Told> issuedAfter(Connection connection, long place, int ordinal, int limit)
            throws SQLException {
        List<Told> result = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(ISSUED_AFTER)) {
            statement.setLong(1, place);
            statement.setInt(2, ordinal);
            statement.setInt(3, limit);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.add(
                            new Told(
                                    row.getLong(1),
                                    row.getInt(2),
                                    row.getString(3),
                                    row.getObject(4, LocalDate.class),
                                    row.getInt(5),
                                    row.getLong(6),
                                    row.getString(7),
                                    row.getTimestamp(8).toInstant(),
                                    row.getLong(9),
                                    row.getLong(10),
                                    row.getBigDecimal(11).toBigIntegerExact(),
                                    row.getBoolean(12)));
                }
            }
        }
        return result;
    }

    /// How many days have a report.
    public long count(Connection connection, String ledger) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(COUNT)) {
            statement.setString(1, ledger);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    /// The newest days first.
    ///
    /// @param until the last day that is wanted
    public List<Entry> list(Connection connection, String ledger, LocalDate until, int limit)
            throws SQLException {
        List<Entry> result = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(LIST)) {
            statement.setString(1, ledger);
            statement.setObject(2, until);
            statement.setInt(3, limit);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.add(
                            new Entry(
                                    row.getObject(1, LocalDate.class),
                                    row.getInt(2),
                                    row.getLong(3),
                                    row.getBoolean(4),
                                    row.getLong(5),
                                    row.getBigDecimal(6).toBigIntegerExact(),
                                    row.getTimestamp(7).toInstant(),
                                    row.getBytes(8),
                                    row.getBytes(9)));
                }
            }
        }
        return result;
    }
}
