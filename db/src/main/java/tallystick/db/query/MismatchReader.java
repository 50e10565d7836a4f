package tallystick.db.query;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import tallystick.db.Json;
import tallystick.db.report.LedgerReading.Half;
import tallystick.db.write.RegisterRepository;
import tallystick.db.write.RegisterRepository.OrderedChange;

/// Mismatches as other programs ask for them. Any thread.
public final class MismatchReader {
    private static final String COLUMNS =
            """
            SELECT mismatch_id, item_key, code, mismatch.node, mismatch.reference, amount_msat, residue_msat, severity, state,
                   since, label, sentence, advice, COALESCE(mismatch.order_text, ''), COALESCE(mismatch.account, ''), node_msat,
                   books_msat, episode, rule_version, node_half, books_half
              FROM register.mismatch
            """;

    private static final String PAGE =
            COLUMNS
                    + """
            CROSS JOIN (SELECT ?::bytea AS after, ?::text[] AS states, ?::text[] AS codes, ?::text[] AS severities, ?::text AS node,
                               ?::text AS reference, ?::text AS order_text, ?::text AS account,
                               ?::timestamptz AS since_from, ?::timestamptz AS since_until) AS wanted
             WHERE mismatch_id > wanted.after AND state = ANY (wanted.states)
               AND (wanted.codes = '{}' OR code = ANY (wanted.codes))
               AND (wanted.severities = '{}' OR severity = ANY (wanted.severities))
               AND (wanted.node = '' OR mismatch.node = wanted.node)
               AND (wanted.reference = '' OR mismatch.reference = wanted.reference)
               AND (wanted.order_text = '' OR mismatch.order_text = wanted.order_text)
               AND (wanted.account = '' OR mismatch.account = wanted.account)
               AND (wanted.since_from IS NULL OR since >= wanted.since_from)
               AND (wanted.since_until IS NULL OR since < wanted.since_until)
             ORDER BY mismatch_id
             LIMIT ?
            """;

    private static final String ONE = COLUMNS + " WHERE mismatch_id = ?";

    private static final String OF_ITEM =
            COLUMNS + " WHERE item_key = ? ORDER BY since, mismatch_id LIMIT ?";

    private static final String HISTORY =
            """
            SELECT batch.sequence, change.ordinal, change.mismatch_id, change.cause, change.evidence, change.person,
                   change.decision_id, change.before, change.after, batch.decided_at
              FROM register.change
              JOIN ledger.batch USING (batch_id)
             WHERE change.mismatch_id = ?
             ORDER BY batch.sequence, change.ordinal
             LIMIT ?
            """;

    private static final String RESIDUE =
            """
            SELECT COALESCE(item.residue_msat, mismatch.residue_msat)
              FROM register.mismatch
              LEFT JOIN ledger.item_row AS item USING (item_key)
             WHERE mismatch.mismatch_id = ?
            """;

    private static final String DECISION =
            """
            SELECT batch.sequence, decision.bytes, mismatch.state
              FROM register.decision
              JOIN ledger.batch USING (batch_id)
              JOIN register.mismatch USING (mismatch_id)
             WHERE decision.decision_id = ?
            """;

    private static final String DECISIONS =
            """
            SELECT decision.bytes
              FROM register.decision
              JOIN ledger.batch USING (batch_id)
             WHERE decision.mismatch_id = ?
             ORDER BY batch.sequence, decision.decision_id COLLATE "C"
             LIMIT ?
            """;

    /// What is asked for. Empty collections and texts mean any.
    ///
    /// @param states `OPEN`, `CLOSED`, `RESOLVED`, `IGNORED`; at least one
    /// @param sinceFrom due at this moment or later
    /// @param sinceUntil due before this moment
    public record Filter(
            Collection<String> states,
            Collection<String> codes,
            Collection<String> severities,
            String node,
            String reference,
            String order,
            String account,
            Optional<Instant> sinceFrom,
            Optional<Instant> sinceUntil) {
        public Filter {
            states = List.copyOf(states);
            codes = List.copyOf(codes);
            severities = List.copyOf(severities);
        }
    }

    /// A mismatch as it stands.
    ///
    /// @param itemKey empty when it belongs to several items
    /// @param residueMsat as it was when the mismatch last changed
    public record Row(
            byte[] id,
            Optional<byte[]> itemKey,
            String code,
            String node,
            String reference,
            long amountMsat,
            long residueMsat,
            String severity,
            String state,
            Instant since,
            String label,
            String sentence,
            String advice,
            String order,
            String account,
            OptionalLong nodeMsat,
            OptionalLong booksMsat,
            int episode,
            int ruleVersion,
            List<Half> nodeHalf,
            List<Half> booksHalf) {}

    /// A decision that has taken effect.
    ///
    /// @param bytes its message
    /// @param state of its mismatch now
    public record Applied(long sequence, byte[] bytes, String state) {}

    /// The mismatches that fit, in the order of their ids.
    ///
    /// @param after id of the last one known; empty for the first page
    public List<Row> page(Connection connection, Filter filter, byte[] after, int limit)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(PAGE)) {
            statement.setBytes(1, after);
            statement.setArray(2, texts(connection, filter.states()));
            statement.setArray(3, texts(connection, filter.codes()));
            statement.setArray(4, texts(connection, filter.severities()));
            statement.setString(5, filter.node());
            statement.setString(6, filter.reference());
            statement.setString(7, filter.order());
            statement.setString(8, filter.account());
            statement.setTimestamp(9, filter.sinceFrom().map(Timestamp::from).orElse(null));
            statement.setTimestamp(10, filter.sinceUntil().map(Timestamp::from).orElse(null));
            statement.setInt(11, limit);
            List<Row> result = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.add(mismatch(row));
                }
            }
            return result;
        }
    }

    /// Empty when there never was one with this id.
    public Optional<Row> byId(Connection connection, byte[] id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(ONE)) {
            statement.setBytes(1, id);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(mismatch(row)) : Optional.empty();
            }
        }
    }

    /// Those that an item has or had, the oldest first.
    public List<Row> ofItem(Connection connection, byte[] itemKey, int limit) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(OF_ITEM)) {
            statement.setBytes(1, itemKey);
            statement.setInt(2, limit);
            List<Row> result = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.add(mismatch(row));
                }
            }
            return result;
        }
    }

    /// The steps of one mismatch, oldest first.
    public List<OrderedChange> history(Connection connection, byte[] id, int limit)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(HISTORY)) {
            statement.setBytes(1, id);
            statement.setInt(2, limit);
            return RegisterRepository.changes(statement);
        }
    }

    /// What the mismatch leaves on clearing now.
    public long residue(Connection connection, byte[] id) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(RESIDUE)) {
            statement.setBytes(1, id);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        }
    }

    /// A decision by its id; empty while it has not taken effect.
    public Optional<Applied> decision(Connection connection, String decisionId)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(DECISION)) {
            statement.setString(1, decisionId);
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? Optional.of(
                                new Applied(row.getLong(1), row.getBytes(2), row.getString(3)))
                        : Optional.empty();
            }
        }
    }

    /// The messages of what people decided about one mismatch, in the order in which it was applied.
    public List<byte[]> decisions(Connection connection, byte[] id, int limit) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(DECISIONS)) {
            statement.setBytes(1, id);
            statement.setInt(2, limit);
            List<byte[]> result = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.add(row.getBytes(1));
                }
            }
            return result;
        }
    }

    static java.sql.Array texts(Connection connection, Collection<String> values)
            throws SQLException {
        return connection.createArrayOf("text", values.toArray());
    }

    static Row mismatch(ResultSet row) throws SQLException {
        return new Row(
                row.getBytes(1),
                Optional.ofNullable(row.getBytes(2)),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getLong(6),
                row.getLong(7),
                row.getString(8),
                row.getString(9),
                row.getTimestamp(10).toInstant(),
                row.getString(11),
                row.getString(12),
                row.getString(13),
                row.getString(14),
                row.getString(15),
                optional(row, 16),
                optional(row, 17),
                row.getInt(18),
                row.getInt(19),
                Json.halves(row.getString(20)),
                Json.halves(row.getString(21)));
    }

    private static OptionalLong optional(ResultSet row, int column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(value);
    }
}
