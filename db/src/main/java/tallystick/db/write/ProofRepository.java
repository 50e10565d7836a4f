package tallystick.db.write;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tallystick.ledger.NodeId;
import tallystick.ledger.proof.Candidates;
import tallystick.ledger.proof.ChannelFigures;
import tallystick.ledger.proof.ChannelProof;
import tallystick.ledger.proof.Course;
import tallystick.ledger.proof.Course.Mark;
import tallystick.ledger.proof.Drift;
import tallystick.ledger.proof.NodeAccounts;
import tallystick.ledger.proof.Proof;
import tallystick.ledger.proof.Proven;
import tallystick.ledger.proof.Reading;
import tallystick.ledger.proof.Total;
import tallystick.ledger.proof.UnconfirmedTx;

/// What nodes say of their balances, what the ledger holds for them, and the proofs of the one by the other.
public final class ProofRepository {
    /// What is further apart than so many batches is not searched for a drift's cause.
    private static final int BATCHES_MAX = 10_000;

    /// Most records in the batches that are looked through for what moved since.
    private static final int RECORDS_MAX = 200_000;

    /// Readings from before proofs were stored lack some of it.
    private static final String UNPROVEN =
            """
            SELECT observed_at
              FROM ledger.node_balance AS reading
             WHERE node = ?
               AND wallet_locked_msat IS NOT NULL
               AND observed_at >= ?
               AND observed_at > COALESCE((SELECT max(proof.observed_at) FROM ledger.proof WHERE proof.node = reading.node),
                                          '-infinity')
             ORDER BY observed_at
             LIMIT ?
            """;

    private static final String COVERED_UNTIL =
            """
            SELECT CASE WHEN count(proven_until) = 3 * ? THEN min(proven_until) END
              FROM ledger.coverage
             WHERE node = ? AND stream IN ('INVOICES', 'PAYMENTS', 'FORWARDS')
            """;

    private static final String READING =
            """
            SELECT channels_local_msat, COALESCE(unsettled_incoming_msat, 0), wallet_msat, COALESCE(wallet_locked_msat, 0)
              FROM ledger.node_balance
             WHERE node = ? AND observed_at = ?
            """;

    private static final String NEWEST =
            "SELECT max(observed_at) FROM ledger.node_balance WHERE node = ?";

    private static final String REPEAT =
            """
            INSERT INTO ledger.node_balance (node, observed_at, channels_local_msat, unsettled_incoming_msat,
                                             unsettled_outgoing_msat, wallet_msat, wallet_locked_msat)
            SELECT node, ?, channels_local_msat, unsettled_incoming_msat, unsettled_outgoing_msat, wallet_msat, wallet_locked_msat
              FROM ledger.node_balance
             WHERE node = ? AND observed_at = ?
            """;

    private static final String REPEAT_CHANNELS =
            """
            INSERT INTO ledger.node_channel_balance (node, observed_at, channel_point, capacity_sat, local_sat, remote_sat,
                                                     commit_fee_sat, we_opened, is_quiet, num_updates, pending_htlcs)
            SELECT node, ?, channel_point, capacity_sat, local_sat, remote_sat, commit_fee_sat, we_opened, is_quiet, num_updates,
                   pending_htlcs
              FROM ledger.node_channel_balance
             WHERE node = ? AND observed_at = ?
            """;

    private static final String CHANNELS =
            """
            SELECT channel_point, capacity_sat, local_sat, remote_sat, we_opened, is_quiet, COALESCE(num_updates, 0),
                   COALESCE(pending_htlcs, 0)
              FROM ledger.node_channel_balance
             WHERE node = ? AND observed_at = ?
             ORDER BY channel_point COLLATE "C"
            """;

    /// One statement, so one snapshot: the balances are those at that sequence.
    private static final String ACCOUNTS =
            """
            SELECT head.sequence, told.what, told.name, told.balance_msat
              FROM ledger.head
              LEFT JOIN (SELECT 'account' AS what, name, balance_msat FROM ledger.account_balance WHERE name LIKE ?
                          UNION ALL
                         SELECT 'open', channel_point, 0 FROM ledger.channel_alias WHERE node = ?
                          UNION ALL
                         SELECT 'ended', channel_point, 0 FROM ledger.channel_end WHERE node = ?
                          UNION ALL
                         SELECT 'ended', substr(group_name, length(?) + 1), 0 FROM ledger.ended_account WHERE group_name LIKE ?
                        ) AS told ON true
            """;

    private static final String UNCONFIRMED =
            """
            SELECT txid, change_msat, inputs_msat, outpoints,
                   EXISTS (SELECT FROM ledger.account WHERE account.name LIKE 'node:' || one.node || ':channel:' || one.txid || ':%')
              FROM ledger.unconfirmed_transaction AS one
             WHERE node = ?
             ORDER BY txid
            """;

    /// Batches are looked at from the newest on: there is no index by time.
    private static final String SINCE =
            """
            sequence > COALESCE((SELECT sequence FROM ledger.batch WHERE decided_at < ? ORDER BY sequence DESC LIMIT 1), 0)
            """;

    private static final String RECORDS_SINCE =
            "SELECT COALESCE(sum(records), 0) FROM ledger.batch WHERE " + SINCE;

    private static final String TOLD =
            """
            SELECT item.item_key, evidence.observed_at, evidence.bytes
              FROM unnest(?::bytea[]) AS wanted (item_key)
              JOIN ledger.item USING (item_key)
              JOIN ledger.evidence ON evidence.batch_id = ANY (item.batch_ids) AND evidence.item_key = item.item_key
                                  AND item.item_key BETWEEN evidence.first_key AND evidence.last_key
             WHERE evidence.node = ? AND (evidence.topic LIKE '%.invoices.v1' OR evidence.topic LIKE '%.chain.v1')
            """;

    /// Chunks name what they hold, so most are not looked into.
    private static final String MOVED_SINCE =
            """
            WITH since AS MATERIALIZED (
                SELECT ARRAY(SELECT batch_id FROM ledger.batch WHERE %s) AS batch_ids
            )
            SELECT transfer.item_key
              FROM ledger.transfer
              JOIN ledger.account ON account.account_id IN (transfer.debit_id, transfer.credit_id)
             WHERE transfer.batch_id = ANY ((SELECT batch_ids FROM since)::bigint[])
               AND account.name LIKE ?
             UNION
            SELECT chunk.item_keys[place.n]
              FROM ledger.evidence_chunk AS chunk
              CROSS JOIN LATERAL generate_subscripts(chunk.node_numbers, 1) AS place (n)
             WHERE chunk.batch_id = ANY ((SELECT batch_ids FROM since)::bigint[])
               AND EXISTS (SELECT FROM unnest(chunk.topics) AS topic
                            WHERE topic LIKE '%%.chain.v1' OR topic LIKE '%%.channels.v1')
               AND chunk.nodes[chunk.node_numbers[place.n]] = ?
               AND (chunk.topics[chunk.topic_numbers[place.n]] LIKE '%%.chain.v1'
                    OR chunk.topics[chunk.topic_numbers[place.n]] LIKE '%%.channels.v1')
             LIMIT ?
            """
                    .formatted(SINCE);

    private static final String LAST =
            """
            SELECT proof.observed_at, proof.sequence, batch.decided_at, proof.channels_msat,
                   local_ledger_msat, local_node_msat, local_residual_msat,
                   wallet_ledger_msat, wallet_node_msat, wallet_residual_msat, wallet_explanation,
                   local_footed_at, local_footed_sequence, local_failed_at, local_failed_sequence, local_drift_msat,
                   local_drift_since, wallet_footed_at, wallet_footed_sequence, wallet_failed_at, wallet_failed_sequence,
                   wallet_drift_msat, wallet_drift_since
              FROM ledger.proof
              JOIN ledger.batch USING (batch_id)
             WHERE node = ? AND proof.sequence <= ?
             ORDER BY observed_at DESC
             LIMIT 1
            """;

    private static final String LAST_CHANNELS =
            """
            SELECT channel_point, ledger_msat, residual_msat, explanation, footed_at, footed_sequence, failed_at, failed_sequence,
                   drift_msat, drift_since
              FROM ledger.proof_channel
             WHERE node = ? AND observed_at = ?
            """;

    private static final String ADD =
            """
            INSERT INTO ledger.proof (node, observed_at, batch_id, sequence, is_complete, channels_msat,
                                      local_ledger_msat, local_node_msat, local_residual_msat,
                                      wallet_ledger_msat, wallet_node_msat, wallet_residual_msat, wallet_explanation,
                                      local_footed_at, local_footed_sequence, local_failed_at, local_failed_sequence,
                                      local_drift_msat, local_drift_since, wallet_footed_at, wallet_footed_sequence,
                                      wallet_failed_at, wallet_failed_sequence, wallet_drift_msat, wallet_drift_since)
            SELECT * FROM unnest(?::text[], ?::timestamptz[], ?::bigint[], ?::bigint[], ?::boolean[], ?::bigint[],
                                 ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::text[],
                                 ?::timestamptz[], ?::bigint[], ?::timestamptz[], ?::bigint[], ?::bigint[], ?::timestamptz[],
                                 ?::timestamptz[], ?::bigint[], ?::timestamptz[], ?::bigint[], ?::bigint[], ?::timestamptz[])
            """;

    private static final String ADD_CHANNELS =
            """
            INSERT INTO ledger.proof_channel (node, observed_at, channel_point, ledger_msat, low_msat, high_msat, residual_msat,
                                              is_quiet, num_updates, explanation, footed_at, footed_sequence, failed_at,
                                              failed_sequence, drift_msat, drift_since)
            SELECT * FROM unnest(?::text[], ?::timestamptz[], ?::text[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[],
                                 ?::boolean[], ?::bigint[], ?::text[], ?::timestamptz[], ?::bigint[], ?::timestamptz[],
                                 ?::bigint[], ?::bigint[], ?::timestamptz[])
            """;

    /// The halves of a mismatch name each entry with its node.
    private static final String OPEN =
            """
            SELECT DISTINCT reference
              FROM register.mismatch
             WHERE state = 'OPEN'
               AND abs(books_msat) = ?
               AND (node = ? OR books_half @> jsonb_build_array(jsonb_build_object('node', ?::text)))
             ORDER BY reference
             LIMIT ?
            """;

    /// A proof that footed may have been held against batches of what came after its reading.
    private static final String TRANSFERS =
            """
            WITH own AS MATERIALIZED (
                SELECT account_id
                  FROM ledger.account_resolved
                 WHERE name LIKE ? AND name NOT LIKE ?
            ), between AS MATERIALIZED (
                SELECT batch_id
                  FROM ledger.batch
                 WHERE sequence > COALESCE((SELECT sequence FROM ledger.batch WHERE sequence <= ? AND decided_at < ?
                                             ORDER BY sequence DESC LIMIT 1), 0)
                   AND sequence <= ?
                 ORDER BY sequence DESC
                 LIMIT ?
            )
            SELECT item.key_text
              FROM ledger.transfer
              JOIN between USING (batch_id)
              JOIN ledger.item USING (item_key)
             WHERE transfer.amount_msat = ?
               AND (transfer.debit_id IN (SELECT account_id FROM own) OR transfer.credit_id IN (SELECT account_id FROM own))
             ORDER BY transfer.batch_id, transfer.ordinal
             LIMIT ?
            """;

    /// Moments of readings that were not proven yet, the earliest first.
    ///
    /// @param from those before it are never proven
    public List<Instant> unproven(Connection connection, NodeId node, Instant from, int limit)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(UNPROVEN)) {
            bind(statement, node, from);
            statement.setInt(3, limit);
            List<Instant> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(rows.getTimestamp(1).toInstant());
                }
            }
            return result;
        }
    }

    /// Up to when all that moves the node's balances is read, in every partition number.
    ///
    /// @param partitions how many there are
    public Optional<Instant> coveredUntil(Connection connection, NodeId node, int partitions)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(COVERED_UNTIL)) {
            statement.setInt(1, partitions);
            statement.setString(2, node.pubkey());
            return moment(statement);
        }
    }

    /// What the node said last.
    public Optional<Reading> newest(Connection connection, NodeId node) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(NEWEST)) {
            statement.setString(1, node.pubkey());
            Optional<Instant> at = moment(statement);
            return at.isPresent()
                    ? Optional.of(reading(connection, node, at.get()))
                    : Optional.empty();
        }
    }

    /// Notes that the node says at a later moment what it said at an earlier one.
    public void repeat(Connection connection, NodeId node, Instant said, Instant at)
            throws SQLException {
        for (String sql : List.of(REPEAT, REPEAT_CHANNELS)) {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                statement.setObject(1, at.atOffset(ZoneOffset.UTC));
                statement.setString(2, node.pubkey());
                statement.setObject(3, said.atOffset(ZoneOffset.UTC));
                statement.executeUpdate();
            }
        }
    }

    private static Optional<Instant> moment(PreparedStatement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            rows.next();
            return Optional.ofNullable(instant(rows, 1));
        }
    }

    /// What the node said at that moment.
    public Reading reading(Connection connection, NodeId node, Instant at) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(READING)) {
            bind(statement, node, at);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    throw new IllegalStateException(
                            "balances of %s: none of %s (expected: stored)".formatted(node, at));
                }
                return new Reading(
                        node,
                        at,
                        row.getLong(1),
                        row.getLong(2),
                        row.getLong(3),
                        row.getLong(4),
                        channels(connection, node, at));
            }
        }
    }

    private static List<ChannelFigures> channels(Connection connection, NodeId node, Instant at)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(CHANNELS)) {
            bind(statement, node, at);
            List<ChannelFigures> result = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.add(
                            new ChannelFigures(
                                    row.getString(1),
                                    row.getLong(2),
                                    row.getLong(3),
                                    row.getLong(4),
                                    row.getBoolean(5),
                                    row.getBoolean(6),
                                    row.getLong(7),
                                    row.getInt(8)));
                }
            }
            return result;
        }
    }

    /// What the ledger holds for the node now.
    public NodeAccounts accounts(Connection connection, NodeId node) throws SQLException {
        String own = "node:" + node + ":";
        String ends = "close/" + node + "/";
        try (PreparedStatement statement = connection.prepareStatement(ACCOUNTS)) {
            statement.setString(1, own + "%");
            statement.setString(2, node.pubkey());
            statement.setString(3, node.pubkey());
            statement.setString(4, ends);
            statement.setString(5, ends + "%");
            long sequence = 0;
            Map<String, Long> claims = new HashMap<>();
            Set<String> open = new HashSet<>();
            Set<String> ended = new HashSet<>();
            Set<String> closing = new HashSet<>();
            long channels = 0;
            long wallet = 0;
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    sequence = row.getLong(1);
                    String what = row.getString(2);
                    if (what == null) {
                        continue; // Nothing is known of the node.
                    }
                    if (!what.equals("account")) {
                        (what.equals("open") ? open : ended).add(row.getString(3));
                        continue;
                    }
                    long balance = row.getBigDecimal(4).longValueExact();
                    String name = row.getString(3).substring(own.length());
                    if (name.equals("wallet")) {
                        wallet = balance;
                    } else if (name.startsWith("limbo:")) {
                        closing.add(name.substring("limbo:".length()));
                    } else {
                        channels = Math.addExact(channels, balance);
                        claims.put(name.substring(name.indexOf(':') + 1), balance);
                    }
                }
            }
            open.removeAll(ended);
            closing.addAll(ended);
            return new NodeAccounts(sequence, claims, open, closing, channels, wallet, 0);
        }
    }

    /// Transactions of the node's wallet that are not confirmed now.
    public List<UnconfirmedTx> unconfirmed(Connection connection, NodeId node) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(UNCONFIRMED)) {
            statement.setString(1, node.pubkey());
            List<UnconfirmedTx> result = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    Array outpoints = row.getArray(4);
                    result.add(
                            new UnconfirmedTx(
                                    row.getString(1),
                                    row.getLong(2),
                                    row.getLong(3),
                                    Set.copyOf(List.of((String[]) outpoints.getArray())),
                                    row.getBoolean(5)));
                }
            }
            return result;
        }
    }

    /// Keys of items that have posted to the node's accounts, and of its channels and transactions that were told of, in batches
    /// decided from the given moment on. Empty when there are more than the limit, or the batches hold too many records to be looked through.
    public Optional<List<byte[]>> movedSince(
            Connection connection, NodeId node, Instant from, int limit) throws SQLException {
        OffsetDateTime moment = from.atOffset(ZoneOffset.UTC);
        try (PreparedStatement statement = connection.prepareStatement(RECORDS_SINCE)) {
            statement.setObject(1, moment);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                if (row.getLong(1) > RECORDS_MAX) {
                    return Optional.empty();
                }
            }
        }
        try (PreparedStatement statement = connection.prepareStatement(MOVED_SINCE)) {
            statement.setObject(1, moment);
            statement.setString(2, "node:" + node + ":%");
            statement.setString(3, node.pubkey());
            statement.setInt(4, limit + 1);
            return Optional.of(Keys.read(statement)).filter(keys -> keys.size() <= limit);
        }
    }

    /// A record of an invoice or a transaction.
    ///
    /// @param bytes as it lay in Kafka
    public record Told(byte[] itemKey, Instant observedAt, byte[] bytes) {}

    /// What the node said of the invoices and the transactions that these items are.
    public List<Told> told(Connection connection, NodeId node, Collection<byte[]> keys)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(TOLD)) {
            statement.setArray(1, connection.createArrayOf("bytea", keys.toArray(byte[][]::new)));
            statement.setString(2, node.pubkey());
            List<Told> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    result.add(
                            new Told(
                                    rows.getBytes(1),
                                    rows.getTimestamp(2).toInstant(),
                                    rows.getBytes(3)));
                }
            }
            return result;
        }
    }

    /// The node's latest proof.
    public Optional<Proven> last(Connection connection, NodeId node) throws SQLException {
        return last(connection, node, Long.MAX_VALUE);
    }

    /// The node's latest proof that was held against no later ledger sequence.
    public Optional<Proven> last(Connection connection, NodeId node, long sequence)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LAST)) {
            statement.setString(1, node.pubkey());
            statement.setLong(2, sequence);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(proven(connection, node, row)) : Optional.empty();
            }
        }
    }

    private Proven proven(Connection connection, NodeId node, ResultSet row) throws SQLException {
        Reading reading = reading(connection, node, row.getTimestamp(1).toInstant());
        Map<String, Course> courses = new HashMap<>();
        List<ChannelProof> channels = lastChannels(connection, reading, courses);
        long localLedger = row.getLong(5);
        Optional<Total> local =
                row.wasNull()
                        ? Optional.empty()
                        : Optional.of(new Total(localLedger, row.getLong(6), row.getLong(7), ""));
        Total wallet =
                new Total(row.getLong(8), row.getLong(9), row.getLong(10), row.getString(11));
        return new Proven(
                new Proof(reading, row.getLong(2), channels, local, wallet, row.getLong(4)),
                row.getTimestamp(3).toInstant(),
                courses,
                course(row, 12),
                course(row, 18));
    }

    private static List<ChannelProof> lastChannels(
            Connection connection, Reading reading, Map<String, Course> courses)
            throws SQLException {
        Map<String, ChannelProof> found = new TreeMap<>();
        try (PreparedStatement statement = connection.prepareStatement(LAST_CHANNELS)) {
            bind(statement, reading.node(), reading.observedAt());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    String point = row.getString(1);
                    found.put(
                            point,
                            new ChannelProof(
                                    reading.figures(point),
                                    row.getLong(2),
                                    optional(row, 3),
                                    row.getString(4)));
                    courses.put(point, course(row, 5));
                }
            }
        }
        List<ChannelProof> result = new ArrayList<>();
        for (ChannelFigures one : reading.channels()) {
            ChannelProof channel = found.remove(one.channelPoint());
            if (channel != null) {
                result.add(channel);
            }
        }
        result.addAll(found.values());
        return result;
    }

    /// @param first the column where it begins
    private static Course course(ResultSet row, int first) throws SQLException {
        return new Course(
                mark(row, first),
                mark(row, first + 2),
                row.getLong(first + 4),
                Optional.ofNullable(instant(row, first + 5)));
    }

    private static Optional<Mark> mark(ResultSet row, int first) throws SQLException {
        Instant at = instant(row, first);
        return at == null ? Optional.empty() : Optional.of(new Mark(at, row.getLong(first + 1)));
    }

    private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
        Timestamp at = row.getTimestamp(column);
        return at == null ? null : at.toInstant();
    }

    private static OptionalLong optional(ResultSet row, int column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(value);
    }

    /// Adds proofs, in the order of their readings.
    public void add(Connection connection, long batchId, Collection<Proven> proofs)
            throws SQLException {
        Columns totals =
                new Columns(
                        "text",
                        "timestamptz",
                        "bigint",
                        "bigint",
                        "boolean",
                        "bigint",
                        "bigint",
                        "bigint",
                        "bigint",
                        "bigint",
                        "bigint",
                        "bigint",
                        "text",
                        "timestamptz",
                        "bigint",
                        "timestamptz",
                        "bigint",
                        "bigint",
                        "timestamptz",
                        "timestamptz",
                        "bigint",
                        "timestamptz",
                        "bigint",
                        "bigint",
                        "timestamptz");
        Columns channels =
                new Columns(
                        "text",
                        "timestamptz",
                        "text",
                        "bigint",
                        "bigint",
                        "bigint",
                        "bigint",
                        "boolean",
                        "bigint",
                        "text",
                        "timestamptz",
                        "bigint",
                        "timestamptz",
                        "bigint",
                        "bigint",
                        "timestamptz");
        for (Proven proven : proofs) {
            totals.add(totals(batchId, proven));
            for (ChannelProof channel : proven.proof().channels()) {
                channels.add(channel(proven, channel));
            }
        }
        totals.update(connection, ADD);
        channels.update(connection, ADD_CHANNELS);
    }

    private static @Nullable Object[] totals(long batchId, Proven proven) {
        Proof proof = proven.proof();
        Optional<Total> local = proof.local();
        List<@Nullable Object> row = new ArrayList<>();
        row.add(proof.reading().node().pubkey());
        row.add(proof.reading().observedAt());
        row.add(batchId);
        row.add(proof.sequence());
        row.add(proof.isComplete());
        row.add(proof.channelsMsat());
        row.add(local.map(Total::ledgerMsat).orElse(null));
        row.add(local.map(Total::nodeMsat).orElse(null));
        row.add(local.map(Total::residualMsat).orElse(null));
        row.add(proof.wallet().ledgerMsat());
        row.add(proof.wallet().nodeMsat());
        row.add(proof.wallet().residualMsat());
        row.add(proof.wallet().explanation());
        add(row, proven.local());
        add(row, proven.wallet());
        return row.toArray();
    }

    private static @Nullable Object[] channel(Proven proven, ChannelProof channel) {
        List<@Nullable Object> row = new ArrayList<>();
        row.add(proven.proof().reading().node().pubkey());
        row.add(proven.proof().reading().observedAt());
        row.add(channel.channelPoint());
        row.add(channel.ledgerMsat());
        row.add(channel.figures().claim().lowMsat());
        row.add(channel.figures().claim().highMsat());
        OptionalLong residual = channel.residualMsat();
        row.add(residual.isPresent() ? residual.getAsLong() : null);
        row.add(channel.figures().isQuiet());
        row.add(channel.figures().numUpdates());
        row.add(channel.explanation());
        add(row, proven.course(channel));
        return row.toArray();
    }

    private static void add(List<@Nullable Object> row, Course course) {
        row.add(course.footed().map(Mark::at).orElse(null));
        row.add(course.footed().map(Mark::sequence).orElse(null));
        row.add(course.failed().map(Mark::at).orElse(null));
        row.add(course.failed().map(Mark::sequence).orElse(null));
        row.add(course.driftMsat());
        row.add(course.driftSince().orElse(null));
    }

    /// What has exactly the amount of a drift: entries that are open, and transfers of the time in which it began.
    public Candidates candidates(Connection connection, Drift drift) throws SQLException {
        long amount = Math.abs(drift.effectMsat());
        List<String> items = transfers(connection, drift, amount);
        return new Candidates(open(connection, drift.node(), amount), items.size(), items);
    }

    private static List<String> open(Connection connection, NodeId node, long amount)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(OPEN)) {
            statement.setLong(1, amount);
            statement.setString(2, node.pubkey());
            statement.setString(3, node.pubkey());
            statement.setInt(4, Candidates.MAX + 1);
            return texts(statement);
        }
    }

    private static List<String> transfers(Connection connection, Drift drift, long amount)
            throws SQLException {
        String own = "node:" + drift.node() + ":";
        Course course = drift.course();
        try (PreparedStatement statement = connection.prepareStatement(TRANSFERS)) {
            switch (drift.subject()) {
                case CHANNEL -> {
                    statement.setString(1, own + "channel:" + drift.channelPoint().orElseThrow());
                    statement.setString(2, "");
                }
                case CHANNELS -> {
                    statement.setString(1, own + "%");
                    statement.setString(2, own + "wallet");
                }
                case WALLET -> {
                    statement.setString(1, own + "wallet");
                    statement.setString(2, "");
                }
            }
            statement.setLong(3, course.footed().map(Mark::sequence).orElse(0L));
            statement.setObject(
                    4,
                    course.footed().map(Mark::at).orElse(Instant.EPOCH).atOffset(ZoneOffset.UTC));
            statement.setLong(5, course.failed().map(Mark::sequence).orElse(0L));
            statement.setInt(6, BATCHES_MAX);
            statement.setLong(7, amount);
            statement.setInt(8, Candidates.MAX + 1);
            return texts(statement);
        }
    }

    private static List<String> texts(PreparedStatement statement) throws SQLException {
        List<String> result = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
                result.add(rows.getString(1));
            }
        }
        return result;
    }

    private static void bind(PreparedStatement statement, NodeId node, Instant at)
            throws SQLException {
        statement.setString(1, node.pubkey());
        statement.setObject(2, at.atOffset(ZoneOffset.UTC), Types.TIMESTAMP_WITH_TIMEZONE);
    }
}
