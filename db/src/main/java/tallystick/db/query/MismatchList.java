package tallystick.db.query;

import static java.util.Objects.requireNonNull;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
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
    /// All that a page of the list says, but for its rows, from one look at every mismatch of a state: how often each code is there, how
    /// many fit and what they come to, and which are on the page. A text or a number leads, as the order asks for; the id decides
    /// between equals. The residue belongs to the item: of several mismatches of one item only one counts it.
    private static final String LOOK =
            """
            WITH wanted AS (
                SELECT ?::text AS code, ?::text AS node, ?::text[] AS severities, ?::text AS words,
                       ?::numeric[] AS amounts, ?::timestamptz AS since_from, ?::timestamptz AS since_until, ?::text AS sort,
                       ?::numeric AS after_number, ?::text AS after_text, ?::bytea AS after_id
            ), stated AS MATERIALIZED (
                SELECT mismatch_id, COALESCE(item_key, mismatch_id) AS item, mismatch.code, amount_msat, residue_msat, since, label,
                       reference, severity,
                       (wanted.code = '' OR mismatch.code = wanted.code)
                       AND (wanted.node = '' OR mismatch.node = wanted.node)
                       AND mismatch.severity = ANY (wanted.severities)
                       AND (wanted.since_from IS NULL OR mismatch.since > wanted.since_from)
                       AND (wanted.since_until IS NULL OR mismatch.since <= wanted.since_until)
                       AND (wanted.words = ''
                            OR strpos(lower(mismatch.reference), wanted.words) > 0
                            OR strpos(lower(mismatch.order_text), wanted.words) > 0
                            OR starts_with(encode(mismatch.mismatch_id, 'hex'), wanted.words)
                            OR mismatch.amount_msat = ANY (wanted.amounts) OR abs(mismatch.node_msat) = ANY (wanted.amounts)
                            OR abs(mismatch.books_msat) = ANY (wanted.amounts)) AS fits
                  FROM register.mismatch
                 CROSS JOIN wanted
                 WHERE ? IN ('', mismatch.state)
            ), page AS (
                SELECT mismatch_id, number, text
                  FROM (SELECT stated.mismatch_id, wanted.after_number, wanted.after_text, wanted.after_id,
                               CASE sort WHEN 'code' THEN label
                                         WHEN 'reference' THEN reference
                                         WHEN 'severity' THEN CASE severity WHEN 'CRITICAL' THEN '1' WHEN 'HIGH' THEN '2'
                                                                            WHEN 'MEDIUM' THEN '3' WHEN 'LOW' THEN '4' ELSE '5' END
                                         ELSE '' END COLLATE "C" AS text,
                               CASE sort WHEN 'residue' THEN -abs(GREATEST(residue_msat, -9223372036854775807))
                                         WHEN 'age' THEN (extract(epoch FROM since) * 1e6)::bigint
                                         WHEN 'code' THEN 0
                                         WHEN 'reference' THEN 0
                                         ELSE -amount_msat END AS number
                          FROM stated
                         CROSS JOIN wanted
                         WHERE fits) AS ordered
                 WHERE after_id = '' OR (text, number::numeric, mismatch_id) > (after_text COLLATE "C", after_number, after_id)
                 ORDER BY text, number, mismatch_id
                 LIMIT ?
            )
            SELECT 'total' AS what, '' AS code, '' AS label, count(*) AS count, COALESCE(sum(amount_msat), 0) AS amount,
                   COALESCE((SELECT sum(residue_msat)
                               FROM (SELECT DISTINCT ON (item) residue_msat FROM stated WHERE fits ORDER BY item, mismatch_id) AS one),
                            0) AS residue,
                   NULL::bytea AS mismatch_id, NULL::bigint AS number, NULL::text COLLATE "C" AS text
              FROM stated
             WHERE fits
             UNION ALL
            SELECT 'code', code, min(label), count(*), 0, 0, NULL, NULL, NULL
              FROM stated
             GROUP BY code
             UNION ALL
            SELECT 'line', '', '', 0, 0, 0, mismatch_id, number, text
              FROM page
             ORDER BY what, label, code, text, number, mismatch_id
            """;

    private static final String ROWS =
            """
            SELECT mismatch_id, item_key, code, node, reference, amount_msat, residue_msat, severity, state,
                   since, label, sentence, advice, COALESCE(order_text, ''), COALESCE(account, ''), node_msat,
                   books_msat, episode, rule_version, node_half, books_half
              FROM register.mismatch
             WHERE mismatch_id = ANY (?)
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

    /// A page of the list.
    ///
    /// @param total of all pages
    /// @param codes which there are in the state that is asked for, and how often, by what people call them
    public record Page(List<Line> lines, Total total, List<OfCode> codes) {
        public Page {
            lines = List.copyOf(lines);
            codes = List.copyOf(codes);
        }
    }

    /// @param after the last line known
    public Page page(Connection connection, Filter filter, Sort sort, After after, int limit)
            throws SQLException {
        Total total = new Total(0, BigInteger.ZERO, BigInteger.ZERO);
        List<OfCode> codes = new ArrayList<>();
        List<After> places = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(LOOK)) {
            set(connection, statement, filter);
            statement.setString(8, sort.sql());
            statement.setBigDecimal(9, after.number());
            statement.setString(10, after.text());
            statement.setBytes(11, after.id());
            statement.setString(12, filter.state());
            statement.setInt(13, limit);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    switch (row.getString(1)) {
                        case "total" ->
                                total =
                                        new Total(
                                                row.getLong(4),
                                                row.getBigDecimal(5).toBigIntegerExact(),
                                                row.getBigDecimal(6).toBigIntegerExact());
                        case "code" ->
                                codes.add(
                                        new OfCode(
                                                row.getString(2),
                                                row.getString(3),
                                                row.getLong(4)));
                        default ->
                                places.add(
                                        new After(
                                                row.getBigDecimal(8),
                                                row.getString(9),
                                                row.getBytes(7)));
                    }
                }
            }
        }
        return new Page(lines(connection, places), total, codes);
    }

    private static List<Line> lines(Connection connection, List<After> places) throws SQLException {
        Map<ByteBuffer, MismatchReader.Row> found = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(ROWS)) {
            statement.setArray(
                    1,
                    connection.createArrayOf(
                            "bytea", places.stream().map(After::id).toArray(byte[][]::new)));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    MismatchReader.Row mismatch = MismatchReader.mismatch(row);
                    found.put(ByteBuffer.wrap(mismatch.id()), mismatch);
                }
            }
        }
        return places.stream()
                .map(
                        place ->
                                new Line(
                                        requireNonNull(found.get(ByteBuffer.wrap(place.id()))),
                                        place))
                .toList();
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

    private static void set(Connection connection, PreparedStatement statement, Filter filter)
            throws SQLException {
        statement.setString(1, filter.code());
        statement.setString(2, filter.node());
        statement.setArray(3, MismatchReader.texts(connection, filter.severities()));
        statement.setString(4, filter.words());
        statement.setArray(
                5,
                connection.createArrayOf(
                        "numeric", filter.amountsMsat().stream().map(BigDecimal::new).toArray()));
        statement.setTimestamp(6, filter.sinceFrom().map(Timestamp::from).orElse(null));
        statement.setTimestamp(7, filter.sinceUntil().map(Timestamp::from).orElse(null));
    }
}
