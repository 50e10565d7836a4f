package tallystick.db.query;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Mismatches as people look through them: filtered, sorted, page by page. Any thread.
public final class MismatchList {
    /// A number or a text leads, as the order asks for; the id decides between equals.
    private static final String WANTED =
            """
            wanted AS (
                SELECT ?::text AS state, ?::text AS code, ?::text AS node, ?::text[] AS severities, ?::text AS words,
                       ?::numeric[] AS amounts, ?::timestamptz AS since_from, ?::timestamptz AS since_until
            ), fitting AS (
                SELECT mismatch.*, array_position(ARRAY['INFORMATION', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'], severity) AS rank
                  FROM register.mismatch
                 CROSS JOIN wanted
                 WHERE (wanted.state = '' OR mismatch.state = wanted.state)
                   AND (wanted.code = '' OR mismatch.code = wanted.code)
                   AND (wanted.node = '' OR mismatch.node = wanted.node)
                   AND mismatch.severity = ANY (wanted.severities)
                   AND (wanted.since_from IS NULL OR mismatch.since > wanted.since_from)
                   AND (wanted.since_until IS NULL OR mismatch.since <= wanted.since_until)
                   AND (wanted.words = ''
                        OR strpos(lower(mismatch.reference), wanted.words) > 0
                        OR strpos(lower(mismatch.order_text), wanted.words) > 0
                        OR starts_with(encode(mismatch.mismatch_id, 'hex'), wanted.words)
                        OR mismatch.amount_msat = ANY (wanted.amounts) OR abs(mismatch.node_msat) = ANY (wanted.amounts)
                        OR abs(mismatch.books_msat) = ANY (wanted.amounts))
            )
            """;

    private static final String PAGE =
            "WITH "
                    + WANTED
                    + """
            , ordered AS (
                SELECT fitting.*, asked.after_number, asked.after_text, asked.after_id,
                       CASE asked.sort WHEN 'severity' THEN -(rank * 1e19 + amount_msat)
                                       WHEN 'amount' THEN -amount_msat
                                       WHEN 'residue' THEN -abs(residue_msat::numeric)
                                       WHEN 'age' THEN (extract(epoch FROM since) * 1e6)::numeric
                                       ELSE 0 END AS number,
                       CASE asked.sort WHEN 'code' THEN label WHEN 'reference' THEN fitting.reference ELSE '' END COLLATE "C" AS text
                  FROM fitting
                 CROSS JOIN (SELECT ?::text AS sort, ?::numeric AS after_number, ?::text AS after_text, ?::bytea AS after_id) AS asked
            )
            SELECT mismatch_id, item_key, code, node, reference, amount_msat, residue_msat, severity, state,
                   since, label, sentence, advice, COALESCE(order_text, ''), COALESCE(account, ''), node_msat,
                   books_msat, episode, rule_version, node_half, books_half, number, text
              FROM ordered
             WHERE after_id = '' OR (number, text, mismatch_id) > (after_number, after_text COLLATE "C", after_id)
             ORDER BY number, text, mismatch_id
             LIMIT ?
            """;

    /// The residue belongs to the item: of several mismatches of one item only one counts it.
    private static final String TOTAL =
            "WITH "
                    + WANTED
                    + """
            SELECT count(*), COALESCE(sum(amount_msat), 0),
                   COALESCE((SELECT sum(residue_msat)
                               FROM (SELECT DISTINCT ON (COALESCE(item_key, mismatch_id)) residue_msat FROM fitting
                                      ORDER BY COALESCE(item_key, mismatch_id), mismatch_id) AS item), 0)
              FROM fitting
            """;

    private static final String CODES =
            """
            SELECT code, min(label), count(*)
              FROM register.mismatch
             WHERE ? IN ('', state)
             GROUP BY code
             ORDER BY 2, 1
            """;

    private static final String DECISIONS =
            """
            SELECT decision.mismatch_id, decision.bytes
              FROM register.decision
              JOIN ledger.batch USING (batch_id)
             WHERE decision.mismatch_id = ANY (?)
             ORDER BY batch.sequence, decision.decision_id COLLATE "C"
            """;

    /// In which order; each is the natural one for who looks for trouble.
    public enum Sort {
        /// The worst first, then the largest.
        SEVERITY,
        CODE,
        REFERENCE,
        /// The largest first.
        AMOUNT,
        /// The largest first, whatever its sign.
        RESIDUE,
        /// The oldest first.
        AGE;

        private String sql() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /// What is asked for. Empty texts mean any.
    ///
    /// @param words part of a reference or an order, or the beginning of an id; lower case
    /// @param amountsMsat any of which it may be about, beside the words
    /// @param sinceFrom due after this moment
    /// @param sinceUntil due at this moment or before
    public record Filter(
            String state,
            String code,
            String node,
            Collection<String> severities,
            String words,
            Collection<BigInteger> amountsMsat,
            Optional<Instant> sinceFrom,
            Optional<Instant> sinceUntil) {
        public Filter {
            severities = List.copyOf(severities);
            amountsMsat = List.copyOf(amountsMsat);
        }
    }

    /// Where a page begins: after this row of the order.
    public record After(BigDecimal number, String text, byte[] id) {
        public static final After NOTHING = new After(BigDecimal.ZERO, "", new byte[0]);
    }

    /// @param last where the next page begins
    public record Line(MismatchReader.Row mismatch, After last) {}

    /// Of all pages.
    public record Total(long count, BigInteger amountMsat, BigInteger residueMsat) {}

    public record OfCode(String code, String label, long count) {}

    /// @param after the last line known
    public List<Line> page(Connection connection, Filter filter, Sort sort, After after, int limit)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(PAGE)) {
            int at = set(connection, statement, filter);
            statement.setString(at, sort.sql());
            statement.setBigDecimal(at + 1, after.number());
            statement.setString(at + 2, after.text());
            statement.setBytes(at + 3, after.id());
            statement.setInt(at + 4, limit);
            List<Line> result = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.add(
                            new Line(
                                    MismatchReader.mismatch(row),
                                    new After(
                                            row.getBigDecimal(22),
                                            row.getString(23),
                                            row.getBytes(1))));
                }
            }
            return result;
        }
    }

    public Total total(Connection connection, Filter filter) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(TOTAL)) {
            set(connection, statement, filter);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return new Total(
                        row.getLong(1),
                        row.getBigDecimal(2).toBigIntegerExact(),
                        row.getBigDecimal(3).toBigIntegerExact());
            }
        }
    }

    /// Which there are, and how often, by what people call them.
    ///
    /// @param state empty for any
    public List<OfCode> codes(Connection connection, String state) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(CODES)) {
            statement.setString(1, state);
            List<OfCode> result = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.add(new OfCode(row.getString(1), row.getString(2), row.getLong(3)));
                }
            }
            return result;
        }
    }

    /// By mismatch, in hex, the messages of what people decided about it, oldest first.
    public Map<String, List<byte[]>> decisions(Connection connection, List<byte[]> ids)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(DECISIONS)) {
            statement.setArray(1, connection.createArrayOf("bytea", ids.toArray(byte[][]::new)));
            Map<String, List<byte[]>> result = new HashMap<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.computeIfAbsent(
                                    HexFormat.of().formatHex(row.getBytes(1)),
                                    _ -> new ArrayList<>())
                            .add(row.getBytes(2));
                }
            }
            return result;
        }
    }

    /// @return the number of the next parameter
    private static int set(Connection connection, PreparedStatement statement, Filter filter)
            throws SQLException {
        statement.setString(1, filter.state());
        statement.setString(2, filter.code());
        statement.setString(3, filter.node());
        statement.setArray(4, MismatchReader.texts(connection, filter.severities()));
        statement.setString(5, filter.words());
        statement.setArray(
                6,
                connection.createArrayOf(
                        "numeric", filter.amountsMsat().stream().map(BigDecimal::new).toArray()));
        statement.setTimestamp(7, filter.sinceFrom().map(Timestamp::from).orElse(null));
        statement.setTimestamp(8, filter.sinceUntil().map(Timestamp::from).orElse(null));
        return 9;
    }
}
