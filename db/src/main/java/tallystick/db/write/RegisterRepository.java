package tallystick.db.write;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Mismatches and their changes. The changes are also the outbox.
public final class RegisterRepository {
    private static final String SELECT =
            """
            SELECT mismatch_id, owner, item_key, code, node, reference, amount_msat, residue_msat, severity, state, since,
                   label, sentence, advice, order_text, account, node_msat, books_msat, node_half, books_half, episode,
                   rule_version
              FROM register.mismatch
            """;

    private static final String BY_ID = SELECT + " WHERE mismatch_id = ANY (?)";

    private static final String STANDING = SELECT + " WHERE state <> 'CLOSED' ORDER BY mismatch_id";

    private static final String STANDING_BY_OWNER =
            SELECT + " WHERE owner = ANY (?) AND state <> 'CLOSED' ORDER BY mismatch_id";

    private static final String SAVE =
            """
            INSERT INTO register.mismatch (mismatch_id, owner, item_key, code, node, reference, amount_msat, residue_msat,
                                           severity, state, since, label, sentence, advice, order_text, account, node_msat,
                                           books_msat, node_half, books_half, episode, rule_version, batch_id)
            SELECT mismatch_id, owner, item_key, code, node, reference, amount_msat, residue_msat, severity, state, since,
                   label, sentence, advice, order_text, account, node_msat, books_msat, node_half::jsonb, books_half::jsonb,
                   episode, rule_version, batch_id
              FROM unnest(?::bytea[], ?::text[], ?::bytea[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::bigint[],
                          ?::text[], ?::text[], ?::timestamptz[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[],
                          ?::bigint[], ?::bigint[], ?::text[], ?::text[], ?::integer[], ?::integer[], ?::bigint[])
                   AS one (mismatch_id, owner, item_key, code, node, reference, amount_msat, residue_msat, severity, state,
                           since, label, sentence, advice, order_text, account, node_msat, books_msat, node_half, books_half,
                           episode, rule_version, batch_id)
             ORDER BY mismatch_id
            ON CONFLICT (mismatch_id) DO UPDATE
               SET owner = EXCLUDED.owner, item_key = EXCLUDED.item_key, amount_msat = EXCLUDED.amount_msat,
                   residue_msat = EXCLUDED.residue_msat, severity = EXCLUDED.severity, state = EXCLUDED.state,
                   since = EXCLUDED.since, label = EXCLUDED.label, sentence = EXCLUDED.sentence, advice = EXCLUDED.advice,
                   order_text = EXCLUDED.order_text, account = EXCLUDED.account, node_msat = EXCLUDED.node_msat,
                   books_msat = EXCLUDED.books_msat, node_half = EXCLUDED.node_half, books_half = EXCLUDED.books_half,
                   episode = EXCLUDED.episode, rule_version = EXCLUDED.rule_version, batch_id = EXCLUDED.batch_id
            """;

    private static final String ADD_CHANGES =
            """
            INSERT INTO register.change (batch_id, ordinal, mismatch_id, cause, evidence, person, decision_id, before, after)
            SELECT batch_id, ordinal, mismatch_id, cause, string_to_array(evidence, ' '), person, decision_id, before, after
              FROM unnest(?::bigint[], ?::integer[], ?::bytea[], ?::text[], ?::text[], ?::text[], ?::text[], ?::bytea[],
                          ?::bytea[])
                   AS one (batch_id, ordinal, mismatch_id, cause, evidence, person, decision_id, before, after)
            """;

    private static final String CHANGES_AFTER =
            """
            SELECT batch.sequence, change.ordinal, change.mismatch_id, change.cause, change.evidence, change.person,
                   change.decision_id, change.before, change.after, batch.decided_at
              FROM ledger.batch
              JOIN register.change USING (batch_id)
             WHERE batch.sequence >= ? -- lets the index find where to begin
               AND (batch.sequence, change.ordinal) > (?, ?)
             ORDER BY batch.sequence, change.ordinal
             LIMIT ?
            """;

    private static final String WITH_LAST_CHANGES =
            """
            WITH last AS (
                SELECT DISTINCT ON (mismatch_id) mismatch_id, after, sequence
                  FROM register.change
                  JOIN ledger.batch USING (batch_id)
                 ORDER BY mismatch_id, sequence DESC, ordinal DESC)
            SELECT mismatch.*, last.after, last.sequence
              FROM last
              FULL JOIN (%s) AS mismatch USING (mismatch_id)
             ORDER BY last.sequence
            """
                    .formatted(SELECT);

    private static final int ROWS_FETCHED = 1_000;

    /// Behind the columns of a row.
    private static final int AFTER = 23;

    /// A mismatch as it stands.
    ///
    /// @param owner the item key in hex, or the group that decides it
    /// @param nodeHalf JSON
    /// @param booksHalf JSON
    public record Row(
            byte[] mismatchId,
            String owner,
            byte @Nullable [] itemKey,
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
            @Nullable String order,
            @Nullable String account,
            @Nullable Long nodeMsat,
            @Nullable Long booksMsat,
            String nodeHalf,
            String booksHalf,
            int episode,
            int ruleVersion) {}

    /// A step in its life.
    ///
    /// @param evidence the records that did it, as topic-partition@offset
    /// @param person who decided; empty otherwise
    public record Change(
            byte[] mismatchId,
            String cause,
            List<String> evidence,
            String person,
            String decisionId,
            byte @Nullable [] before,
            byte[] after) {}

    /// A step with its place in the order of all.
    public record OrderedChange(
            long sequence,
            int ordinal,
            byte[] mismatchId,
            String cause,
            List<String> evidence,
            String person,
            String decisionId,
            byte @Nullable [] before,
            byte[] after,
            Instant decidedAt) {}

    /// A mismatch beside its last change; either may be missing.
    ///
    /// @param after how it was told last
    /// @param sequence of the batch that did
    public record LastChanged(@Nullable Row row, byte @Nullable [] after, long sequence) {}

    /// Takes what is read row by row.
    public interface Visitor {
        void visit(LastChanged one);
    }

    /// Each that is in the register or in the changes, whatever became of it.
    public void withLastChanges(Connection connection, Visitor visitor) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(WITH_LAST_CHANGES)) {
            statement.setFetchSize(ROWS_FETCHED);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    visitor.visit(
                            new LastChanged(
                                    rows.getBytes(1) == null ? null : row(rows),
                                    rows.getBytes(AFTER),
                                    rows.getLong(AFTER + 1)));
                }
            }
        }
    }

    public List<Row> byId(Connection connection, Collection<byte[]> ids) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(BY_ID)) {
            statement.setArray(1, connection.createArrayOf("bytea", ids.toArray(byte[][]::new)));
            return rows(statement);
        }
    }

    /// Those that the rules still find, however people decided about them.
    public List<Row> standingByOwner(Connection connection, Collection<String> owners)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(STANDING_BY_OWNER)) {
            statement.setArray(1, connection.createArrayOf("text", owners.toArray()));
            return rows(statement);
        }
    }

    /// Adds or replaces; ids must be unique.
    public void save(Connection connection, long batchId, Collection<Row> rows)
            throws SQLException {
        Columns columns =
                new Columns(
                        "bytea",
                        "text",
                        "bytea",
                        "text",
                        "text",
                        "text",
                        "bigint",
                        "bigint",
                        "text",
                        "text",
                        "timestamptz",
                        "text",
                        "text",
                        "text",
                        "text",
                        "text",
                        "bigint",
                        "bigint",
                        "text",
                        "text",
                        "integer",
                        "integer",
                        "bigint");
        for (Row row : rows) {
            columns.add(
                    row.mismatchId(),
                    row.owner(),
                    row.itemKey(),
                    row.code(),
                    row.node(),
                    row.reference(),
                    row.amountMsat(),
                    row.residueMsat(),
                    row.severity(),
                    row.state(),
                    row.since(),
                    row.label(),
                    row.sentence(),
                    row.advice(),
                    row.order(),
                    row.account(),
                    row.nodeMsat(),
                    row.booksMsat(),
                    row.nodeHalf(),
                    row.booksHalf(),
                    row.episode(),
                    row.ruleVersion(),
                    batchId);
        }
        columns.update(connection, SAVE);
    }

    /// Appends in the order given.
    public void addChanges(Connection connection, long batchId, Collection<Change> changes)
            throws SQLException {
        Columns columns =
                new Columns(
                        "bigint", "integer", "bytea", "text", "text", "text", "text", "bytea",
                        "bytea");
        for (Change change : changes) {
            columns.add(
                    batchId,
                    columns.size(),
                    change.mismatchId(),
                    change.cause(),
                    String.join(" ", change.evidence()), // A topic's name has no blanks.
                    change.person(),
                    change.decisionId(),
                    change.before(),
                    change.after());
        }
        columns.update(connection, ADD_CHANGES);
    }

    /// All that are not closed.
    public List<Row> standing(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(STANDING)) {
            return rows(statement);
        }
    }

    /// The changes that follow the given place, in their order.
    public List<OrderedChange> changesAfter(
            Connection connection, long sequence, int ordinal, int limit) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(CHANGES_AFTER)) {
            statement.setLong(1, sequence);
            statement.setLong(2, sequence);
            statement.setInt(3, ordinal);
            statement.setInt(4, limit);
            return changes(statement);
        }
    }

    /// What a statement about changes finds, whose columns are those of [#changesAfter].
    public static List<OrderedChange> changes(PreparedStatement statement) throws SQLException {
        List<OrderedChange> result = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                result.add(
                        new OrderedChange(
                                rows.getLong(1),
                                rows.getInt(2),
                                rows.getBytes(3),
                                rows.getString(4),
                                List.of((String[]) rows.getArray(5).getArray()),
                                rows.getString(6),
                                rows.getString(7),
                                rows.getBytes(8),
                                rows.getBytes(9),
                                rows.getTimestamp(10).toInstant()));
            }
        }
        return result;
    }

    private static List<Row> rows(PreparedStatement statement) throws SQLException {
        List<Row> result = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                result.add(row(rows));
            }
        }
        return result;
    }

    private static Row row(ResultSet rows) throws SQLException {
        return new Row(
                rows.getBytes(1),
                rows.getString(2),
                rows.getBytes(3),
                rows.getString(4),
                rows.getString(5),
                rows.getString(6),
                rows.getLong(7),
                rows.getLong(8),
                rows.getString(9),
                rows.getString(10),
                rows.getTimestamp(11).toInstant(),
                rows.getString(12),
                rows.getString(13),
                rows.getString(14),
                rows.getString(15),
                rows.getString(16),
                rows.getObject(17, Long.class),
                rows.getObject(18, Long.class),
                rows.getString(19),
                rows.getString(20),
                rows.getInt(21),
                rows.getInt(22));
    }
}
