package tallystick.db.report;

import java.math.BigInteger;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import tallystick.db.Transactions;
import tallystick.db.report.ProofsReading.Bridge;
import tallystick.db.report.ProofsReading.Movement;
import tallystick.db.report.ProofsReading.NodeProof;
import tallystick.db.report.ProofsReading.Stored;
import tallystick.db.write.ProofRepository;
import tallystick.ledger.NodeId;
import tallystick.ledger.proof.Proven;

/// Reads stored proofs, and adds up the transfers behind them, in one snapshot.
public final class ProofsReader {
    /// What was there before the ledger began.
    private static final String OPENING = "opening";

    private static final String NODES =
            """
            SELECT node, max(alias)
              FROM (SELECT node, alias FROM ledger.coverage
                     UNION ALL
                    SELECT node, '' FROM ledger.node_balance) AS told
             GROUP BY node
             ORDER BY node COLLATE "C"
            """;

    private static final String IDENTITY =
            """
            SELECT clearing_msat, items_msat, trial_balance_msat FROM ledger.identity
            """;

    private static final String HEAD = "SELECT sequence FROM ledger.head";

    /// By the transfers up to a sequence: an item leaves on clearing what its transfers put there, and what it took over.
    private static final String IDENTITY_AT =
            """
            WITH clearing AS (
                SELECT account_id FROM ledger.account WHERE name = 'clearing'
            ), moved AS MATERIALIZED (
                SELECT transfer.item_key, transfer.counter_item_key, transfer.amount_msat,
                       debit_id IN (SELECT account_id FROM clearing) AS is_debit,
                       credit_id IN (SELECT account_id FROM clearing) AS is_credit, debit_id, credit_id
                  FROM ledger.transfer
                  JOIN ledger.batch USING (batch_id)
                 WHERE batch.sequence <= ?
            ), residue AS (
                SELECT item_key, sum(msat) AS msat
                  FROM (SELECT item_key, -amount_msat AS msat FROM moved WHERE is_debit
                         UNION ALL
                        SELECT COALESCE(counter_item_key, item_key), amount_msat FROM moved WHERE is_credit) AS side
                 GROUP BY item_key
            ), account AS (
                SELECT account_id, sum(msat) AS msat
                  FROM (SELECT debit_id AS account_id, amount_msat AS msat FROM moved
                         UNION ALL
                        SELECT credit_id, -amount_msat FROM moved) AS side
                 GROUP BY account_id
            )
            SELECT COALESCE((SELECT -sum(msat) FROM account JOIN clearing USING (account_id)), 0),
                   COALESCE((SELECT sum(msat) FROM residue), 0),
                   COALESCE((SELECT sum(msat) FROM account), 0)
            """;

    /// A leg's name tells the movement that it stands for; what goes to limbo, or comes from there, is a close.
    private static final String MOVEMENTS =
            """
            WITH own AS MATERIALIZED (
                SELECT account_id,
                       CASE WHEN name LIKE '%:wallet' THEN 'wallet' WHEN name LIKE '%:limbo:%' THEN 'limbo' ELSE 'channels' END AS kind
                  FROM ledger.account_resolved
                 WHERE name LIKE ?
            ), moved AS (
                SELECT transfer.leg, transfer.amount_msat, debit.kind AS debit, credit.kind AS credit,
                       EXISTS (SELECT FROM ledger.account
                                WHERE name = 'opening' AND account_id IN (transfer.debit_id, transfer.credit_id)) AS is_opening
                  FROM ledger.transfer
                  JOIN ledger.batch USING (batch_id)
                  LEFT JOIN own AS debit ON debit.account_id = transfer.debit_id
                  LEFT JOIN own AS credit ON credit.account_id = transfer.credit_id
                 WHERE batch.sequence <= ? AND (debit.kind IS NOT NULL OR credit.kind IS NOT NULL)
            )
            SELECT side.kind,
                   CASE WHEN is_opening THEN 'opening'
                        WHEN 'limbo' IN (debit, credit) THEN 'closed'
                        WHEN leg LIKE 'in/%' THEN 'received'
                        WHEN leg LIKE 'out/%/fee' THEN 'fees paid'
                        WHEN leg LIKE 'out/%' THEN 'sent'
                        WHEN leg = 'forward/on' THEN CASE WHEN side.msat > 0 THEN 'forwarded in' ELSE 'forwarded out' END
                        WHEN leg = 'forward/fee' THEN 'routing fees'
                        WHEN leg LIKE 'open/%' THEN 'opened'
                        WHEN leg = 'push' THEN 'pushed'
                        WHEN leg LIKE 'close%' THEN 'closed'
                        WHEN leg = 'wallet' THEN CASE WHEN side.msat > 0 THEN 'wallet in' ELSE 'wallet out' END
                        ELSE 'other, ' || split_part(leg, '/', 1) END AS category,
                   sum(side.msat), count(*)
              FROM moved
              CROSS JOIN LATERAL (VALUES (debit, amount_msat), (credit, -amount_msat)) AS side (kind, msat)
             WHERE side.kind IN ('channels', 'wallet')
             GROUP BY 1, 2
             ORDER BY 1, 2
            """;

    private final Transactions transactions;
    private final String ledger;
    private final ProofRepository proofs = new ProofRepository();

    public ProofsReader(DataSource dataSource, String ledger) {
        this.transactions = new Transactions(dataSource);
        this.ledger = ledger;
    }

    /// @param sequence of each node the latest proof that was held against no later one; clearing and trial balance are those at it
    public ProofsReading read(long sequence) {
        return transactions.read(connection -> read(connection, sequence));
    }

    private ProofsReading read(Connection connection, long sequence) throws SQLException {
        List<NodeProof> nodes = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(NODES);
                ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                NodeId node = new NodeId(row.getString(1));
                Optional<Proven> proven = proofs.last(connection, node, sequence);
                nodes.add(
                        new NodeProof(
                                node.pubkey(),
                                row.getString(2),
                                proven.isPresent()
                                        ? Optional.of(stored(connection, proven.get()))
                                        : Optional.empty()));
            }
        }
        long head = head(connection);
        boolean isPast = sequence < head;
        try (PreparedStatement statement =
                connection.prepareStatement(isPast ? IDENTITY_AT : IDENTITY)) {
            if (isPast) {
                statement.setLong(1, sequence);
            }
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return new ProofsReading(
                        ledger,
                        Math.min(sequence, head),
                        nodes,
                        row.getBigDecimal(1).toBigIntegerExact(),
                        row.getBigDecimal(2).toBigIntegerExact(),
                        row.getBigDecimal(3).toBigIntegerExact());
            }
        }
    }

    private static long head(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(HEAD);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    private static Stored stored(Connection connection, Proven proven) throws SQLException {
        Map<String, List<Movement>> movements = new HashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(MOVEMENTS)) {
            statement.setString(1, "node:" + proven.proof().reading().node() + ":%");
            statement.setLong(2, proven.proof().sequence());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    movements
                            .computeIfAbsent(row.getString(1), _ -> new ArrayList<>())
                            .add(
                                    new Movement(
                                            row.getString(2),
                                            row.getBigDecimal(3).toBigIntegerExact(),
                                            row.getLong(4)));
                }
            }
        }
        return new Stored(
                proven,
                bridge(
                        movements.getOrDefault("channels", List.of()),
                        proven.proof().channelsMsat()),
                bridge(
                        movements.getOrDefault("wallet", List.of()),
                        proven.proof().wallet().ledgerMsat()));
    }

    private static Bridge bridge(List<Movement> all, long closingMsat) {
        BigInteger opening =
                all.stream()
                        .filter(one -> one.category().equals(OPENING))
                        .map(Movement::msat)
                        .reduce(BigInteger.ZERO, BigInteger::add);
        return new Bridge(
                opening,
                all.stream().filter(one -> !one.category().equals(OPENING)).toList(),
                BigInteger.valueOf(closingMsat));
    }
}
