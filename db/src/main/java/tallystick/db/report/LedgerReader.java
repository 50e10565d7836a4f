package tallystick.db.report;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import javax.sql.DataSource;
import tallystick.db.Json;
import tallystick.db.Transactions;
import tallystick.db.report.LedgerReading.Counts;
import tallystick.db.report.LedgerReading.Mismatch;
import tallystick.db.report.LedgerReading.NodeReading;
import tallystick.db.report.LedgerReading.NotDecided;
import tallystick.db.report.LedgerReading.Pair;
import tallystick.ledger.mismatch.Verdict;

/// Reads ledger and register in one snapshot.
public final class LedgerReader {
    private static final String MISMATCHES =
            """
            SELECT encode(mismatch.mismatch_id, 'hex'), mismatch.code, mismatch.label, mismatch.severity, mismatch.node,
                   mismatch.reference, mismatch.amount_msat, COALESCE(item.residue_msat, mismatch.residue_msat),
                   mismatch.since, mismatch.sentence, mismatch.advice, COALESCE(mismatch.order_text, ''),
                   COALESCE(mismatch.account, ''), mismatch.node_msat, mismatch.books_msat, mismatch.node_half,
                   mismatch.books_half
              FROM register.mismatch
              LEFT JOIN ledger.item USING (item_key)
             WHERE mismatch.state = 'OPEN'
             ORDER BY mismatch.code COLLATE "C", mismatch.reference COLLATE "C", mismatch.node COLLATE "C"
            """;

    private static final String PAIRS =
            """
            SELECT node, reference, state, msat, due_at
              FROM ledger.pair
             ORDER BY node COLLATE "C", reference COLLATE "C"
            """;

    private static final String NODES =
            """
            SELECT node, max(alias),
                   (SELECT count(*) FROM ledger.item_row
                     WHERE kind = 'payment' AND has_invoice AND position(decode(coverage.node, 'hex') IN node_keys) > 0),
                   (SELECT count(*) FROM ledger.item_row
                     WHERE kind = 'payment' AND has_payment AND position(decode(coverage.node, 'hex') IN node_keys) > 0),
                   (SELECT count(*) FROM ledger.item_row
                     WHERE kind = 'forward' AND position(decode(coverage.node, 'hex') IN node_keys) > 0),
                   (SELECT count(*) FROM ledger.item_row
                     WHERE kind = 'channel' AND position(decode(coverage.node, 'hex') IN node_keys) > 0),
                   CASE WHEN bool_and(proven_until IS NOT NULL) THEN min(proven_until) END
              FROM ledger.coverage
             WHERE stream IN ('INVOICES', 'PAYMENTS')
             GROUP BY node
             ORDER BY node COLLATE "C"
            """;

    private static final String NOT_DECIDED =
            """
            SELECT kind, count(*), sum(residue_msat)
              FROM ledger.item
             WHERE state = 'NOT_DECIDED_YET'
             GROUP BY kind
             ORDER BY kind COLLATE "C"
            """;

    private static final String IDENTITY =
            """
            SELECT identity.clearing_msat, identity.items_msat, identity.trial_balance_msat,
                   (SELECT sequence FROM ledger.head), (SELECT count(*) FROM ledger.batch),
                   (SELECT count(*) FROM ledger.evidence), (SELECT count(*) FROM ledger.transfer),
                   (SELECT count(*) FROM ledger.item)
              FROM ledger.identity
            """;

    private static final String DAYS =
            """
            SELECT DISTINCT (observed_at AT TIME ZONE ?)::date FROM ledger.evidence ORDER BY 1
            """;

    private final Transactions transactions;
    private final String ledger;
    private final ZoneId zone;

    /// @param zone in which business days begin and end
    public LedgerReader(DataSource dataSource, String ledger, ZoneId zone) {
        this.transactions = new Transactions(dataSource);
        this.ledger = ledger;
        this.zone = zone;
    }

    /// @param asOf the moment the register was last decided for
    public LedgerReading read(Instant asOf) {
        return transactions.read(connection -> read(connection, asOf));
    }

    private LedgerReading read(Connection connection, Instant asOf) throws SQLException {
        List<NodeReading> nodes = nodes(connection);
        List<Mismatch> open =
                mismatches(connection).stream().map(one -> named(one, nodes)).toList();
        List<Mismatch> mismatches =
                open.stream().filter(m -> !m.severity().equals("INFORMATION")).toList();
        List<Mismatch> information =
                open.stream().filter(m -> m.severity().equals("INFORMATION")).toList();
        try (PreparedStatement statement = connection.prepareStatement(IDENTITY);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return new LedgerReading(
                    ledger,
                    asOf,
                    row.getLong(4),
                    nodes,
                    mismatches,
                    information,
                    pairs(connection),
                    notDecided(connection),
                    ProofReader.read(connection, aliases(nodes)),
                    row.getBigDecimal(1).toBigIntegerExact(),
                    row.getBigDecimal(2).toBigIntegerExact(),
                    row.getBigDecimal(3).toBigIntegerExact(),
                    new Counts(row.getLong(5), row.getLong(6), row.getLong(7), row.getLong(8)),
                    days(connection));
        }
    }

    private static Mismatch named(Mismatch one, List<NodeReading> nodes) {
        String sentence = one.explanation();
        for (NodeReading node : nodes) {
            sentence = NodeInSentence.named(sentence, node.pubkey(), node.alias());
        }
        return one.withExplanation(sentence);
    }

    private static List<Mismatch> mismatches(Connection connection) throws SQLException {
        List<Mismatch> result = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(MISMATCHES);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                result.add(
                        new Mismatch(
                                row.getString(1),
                                row.getString(2),
                                row.getString(3),
                                row.getString(4),
                                row.getString(5),
                                row.getString(6),
                                row.getLong(7),
                                row.getLong(8),
                                row.getTimestamp(9).toInstant(),
                                row.getString(10),
                                row.getString(11),
                                row.getString(12),
                                row.getString(13),
                                optional(row, 14),
                                optional(row, 15),
                                Json.halves(row.getString(16)),
                                Json.halves(row.getString(17))));
            }
        }
        return result;
    }

    private static OptionalLong optional(ResultSet row, int column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(value);
    }

    private static List<Pair> pairs(Connection connection) throws SQLException {
        List<Pair> result = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(PAIRS);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                Verdict.State state = Verdict.State.valueOf(row.getString(3));
                result.add(
                        new Pair(
                                row.getString(1),
                                row.getString(2),
                                state,
                                row.getLong(4),
                                state == Verdict.State.WAITING
                                        ? Optional.ofNullable(row.getTimestamp(5))
                                                .map(Timestamp::toInstant)
                                        : Optional.empty()));
            }
        }
        return result;
    }

    private static List<NodeReading> nodes(Connection connection) throws SQLException {
        List<NodeReading> result = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(NODES);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                result.add(
                        new NodeReading(
                                row.getString(1),
                                row.getString(2),
                                row.getLong(3),
                                row.getLong(4),
                                row.getLong(5),
                                row.getLong(6),
                                Optional.ofNullable(row.getTimestamp(7))
                                        .map(Timestamp::toInstant)));
            }
        }
        return result;
    }

    private static Map<String, String> aliases(List<NodeReading> nodes) {
        Map<String, String> result = new HashMap<>();
        nodes.forEach(node -> result.put(node.pubkey(), node.alias()));
        return result;
    }

    private static List<NotDecided> notDecided(Connection connection) throws SQLException {
        List<NotDecided> result = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(NOT_DECIDED);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                result.add(
                        new NotDecided(
                                row.getString(1),
                                row.getLong(2),
                                row.getBigDecimal(3).toBigIntegerExact()));
            }
        }
        return result;
    }

    private List<LocalDate> days(Connection connection) throws SQLException {
        List<LocalDate> result = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(DAYS)) {
            statement.setString(1, zone.getId());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.add(row.getObject(1, LocalDate.class));
                }
            }
        }
        return result;
    }
}
