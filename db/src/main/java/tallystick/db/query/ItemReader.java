package tallystick.db.query;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import tallystick.ledger.ItemKey;
import tallystick.ledger.Reference;

/// What was posted and what was evidence under one reference. Any thread.
public final class ItemReader {
    /// The key of a payment is its hash itself, that of anything else the digest of its text.
    private static final String HEAD =
            """
            SELECT item_key, key_text, kind, state, residue_msat, nodes
              FROM ledger.item
             WHERE item_key = COALESCE(decode(?::text, 'hex'), sha256(convert_to(?::text, 'UTF8')))
            """;

    /// What is asked for by key is found by the index on keys; a part of a reference is looked for in every row.
    private static final String SEARCH =
            """
            WITH wanted AS (
                SELECT ?::bytea[] AS keys, ?::text AS order_text, ?::text AS part, ?::bytea AS after
            ), found AS MATERIALIZED (
                SELECT item_key FROM wanted CROSS JOIN LATERAL unnest(keys) AS item_key
                 UNION
                SELECT item_key FROM wanted JOIN ledger.contribution USING (order_text)
                 UNION
                SELECT item_key FROM wanted JOIN register.mismatch USING (order_text) WHERE item_key IS NOT NULL
                 UNION
                SELECT item_key
                  FROM wanted
                  JOIN ledger.item_row
                    ON part <> '' AND CASE kind WHEN 'payment' THEN starts_with(encode(item_key, 'hex'), part)
                                                ELSE strpos(lower(convert_from(reference, 'UTF8')), part) > 0 END
            ), item AS MATERIALIZED (
                SELECT item.item_key, key_text, kind, state, residue_msat, nodes FROM found JOIN ledger.item USING (item_key)
            )
            SELECT item_key, key_text, kind, state, residue_msat, nodes, (SELECT count(*) FROM item)
              FROM item
              JOIN wanted ON item_key > after
             ORDER BY item_key
             LIMIT ?
            """;

    private static final String TRANSFERS =
            """
            SELECT batch.sequence, transfer.ordinal, item.key_text, transfer.leg, debit.name, credit.name, transfer.amount_msat,
                   COALESCE(counter.key_text, '')
              FROM ledger.item
              JOIN ledger.transfer ON transfer.batch_id = ANY (item.batch_ids) AND transfer.item_key = item.item_key
                                  AND item.item_key BETWEEN transfer.first_key AND transfer.last_key
              JOIN ledger.batch ON batch.batch_id = transfer.batch_id
              JOIN ledger.account_resolved AS debit ON debit.account_id = transfer.debit_id
              JOIN ledger.account_resolved AS credit ON credit.account_id = transfer.credit_id
              LEFT JOIN ledger.item AS counter ON counter.item_key = transfer.counter_item_key
             WHERE item.item_key = ?
             ORDER BY batch.sequence, transfer.ordinal
             LIMIT ?
            """;

    private static final String EVIDENCE =
            """
            SELECT batch.sequence, evidence.ordinal, evidence.topic, evidence.partition_number, evidence.record_offset,
                   evidence.node, evidence.observed_at, COALESCE(evidence.digest, ''), evidence.bytes
              FROM ledger.item
              JOIN ledger.evidence ON evidence.batch_id = ANY (item.batch_ids) AND evidence.item_key = item.item_key
                                  AND item.item_key BETWEEN evidence.first_key AND evidence.last_key
              JOIN ledger.batch ON batch.batch_id = evidence.batch_id
             WHERE item.item_key = ?
             ORDER BY batch.sequence, evidence.ordinal
             LIMIT ?
            """;

    /// One posting.
    ///
    /// @param counterItem of an allocation; empty otherwise
    public record Transfer(
            LedgerPlace place,
            String item,
            String leg,
            String debit,
            String credit,
            long amountMsat,
            String counterItem) {}

    /// A record that changed an item.
    ///
    /// @param digest SHA-256 of its bytes; empty once what people wrote in it was erased
    public record Evidence(
            LedgerPlace place,
            String topic,
            int partition,
            long offset,
            String node,
            Instant observedAt,
            byte[] digest,
            byte[] bytes) {}

    /// An item as it stands.
    ///
    /// @param nodes public keys of those that know it
    public record Head(
            byte[] key,
            String item,
            String kind,
            String state,
            long residueMsat,
            List<String> nodes) {
        public Head {
            nodes = List.copyOf(nodes);
        }
    }

    /// Empty when nothing is known under the key.
    public Optional<Head> head(Connection connection, ItemKey key) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(HEAD)) {
            statement.setString(
                    1, key.reference() instanceof Reference.Payment(String hash) ? hash : null);
            statement.setString(2, key.text());
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(item(row)) : Optional.empty();
            }
        }
    }

    private static Head item(ResultSet row) throws SQLException {
        return new Head(
                row.getBytes(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getLong(5),
                List.of((String[]) row.getArray(6).getArray()));
    }

    /// Items that were looked for.
    ///
    /// @param count of all that fit
    public record Page(List<Head> items, long count) {
        public Page {
            items = List.copyOf(items);
        }
    }

    /// In the order of their keys.
    ///
    /// @param keys of which any fits
    /// @param order that an entry of theirs names; empty for none
    /// @param part of a reference, in lower case: the beginning of a hash, anything within another; empty for none
    /// @param after key of the last one known; empty for the first page
    public Page search(
            Connection connection,
            Collection<byte[]> keys,
            String order,
            String part,
            byte[] after,
            int limit)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SEARCH)) {
            statement.setArray(1, connection.createArrayOf("bytea", keys.toArray(byte[][]::new)));
            statement.setString(2, order);
            statement.setString(3, part);
            statement.setBytes(4, after);
            statement.setInt(5, limit);
            List<Head> result = new ArrayList<>();
            long count = 0;
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.add(item(row));
                    count = row.getLong(7);
                }
            }
            return new Page(result, count);
        }
    }

    /// Oldest first.
    public List<Transfer> transfers(Connection connection, byte[] itemKey, int limit)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(TRANSFERS)) {
            statement.setBytes(1, itemKey);
            statement.setInt(2, limit);
            List<Transfer> result = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.add(transfer(row));
                }
            }
            return result;
        }
    }

    static Transfer transfer(ResultSet row) throws SQLException {
        return new Transfer(
                new LedgerPlace(row.getLong(1), row.getInt(2)),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getString(6),
                row.getLong(7),
                row.getString(8));
    }

    /// Oldest first.
    public List<Evidence> evidence(Connection connection, byte[] itemKey, int limit)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(EVIDENCE)) {
            statement.setBytes(1, itemKey);
            statement.setInt(2, limit);
            List<Evidence> result = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    result.add(
                            new Evidence(
                                    new LedgerPlace(row.getLong(1), row.getInt(2)),
                                    row.getString(3),
                                    row.getInt(4),
                                    row.getLong(5),
                                    row.getString(6),
                                    row.getTimestamp(7).toInstant(),
                                    row.getBytes(8),
                                    row.getBytes(9)));
                }
            }
            return result;
        }
    }
}
