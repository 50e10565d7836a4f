-- Evidence and transfers are written by the batch, read by the item, and never changed. So they lie in chunks: many to a row, as
-- many as a page holds, each column an array. What one row costs, in Postgres and in the index, falls on all of them.
ALTER TABLE ledger.evidence RENAME TO evidence_by_row;
ALTER TABLE ledger.transfer RENAME TO transfer_by_row;
ALTER INDEX ledger.evidence_place RENAME TO evidence_by_row_place;
ALTER INDEX ledger.transfer_place RENAME TO transfer_by_row_place;

-- What changed items, with the bytes as they came. Element n of each array is of one record. Topics and nodes are few and
-- repeat; their numbers are places in `topics` and `nodes`. Append-only.
CREATE TABLE ledger.evidence_chunk (
    batch_id          bigint        NOT NULL,
    first_ordinal     integer       NOT NULL,
    first_key         bytea         NOT NULL, -- the least of item_keys
    last_key          bytea         NOT NULL, -- the greatest of item_keys
    topics            text[]        NOT NULL,
    nodes             text[]        NOT NULL,
    item_keys         bytea[]       NOT NULL,
    topic_numbers     smallint[]    NOT NULL,
    partition_numbers integer[]     NOT NULL,
    record_offsets    bigint[]      NOT NULL,
    node_numbers      smallint[]    NOT NULL,
    observed_at       timestamptz[] NOT NULL,
    bytes             bytea[]       NOT NULL,
    CONSTRAINT evidence_chunk_elements CHECK (
        cardinality(item_keys) = ALL (ARRAY[cardinality(topic_numbers), cardinality(partition_numbers),
            cardinality(record_offsets), cardinality(node_numbers), cardinality(observed_at), cardinality(bytes)])
        AND array_position(item_keys, NULL) IS NULL AND array_position(topic_numbers, NULL) IS NULL
        AND array_position(partition_numbers, NULL) IS NULL AND array_position(record_offsets, NULL) IS NULL
        AND array_position(node_numbers, NULL) IS NULL AND array_position(observed_at, NULL) IS NULL
        AND array_position(bytes, NULL) IS NULL)
) WITH (toast_tuple_target = 8160); -- A whole page: what fits into one is neither compressed nor moved out.
ALTER TABLE ledger.evidence_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL;
-- Filled in its own order, batch by batch and in these by key. An item's row names the batches in which something is its own;
-- of each batch the index finds the one or two chunks in which the item's key may lie.
CREATE INDEX evidence_place ON ledger.evidence_chunk (batch_id, last_key, first_key);

-- Whether each transfer moves something: between two accounts, or within clearing from one item to another.
CREATE FUNCTION ledger.is_moving(item_keys bytea[], debit_ids bigint[], credit_ids bigint[], counter_item_keys bytea[])
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN NOT EXISTS (
    SELECT FROM generate_subscripts(debit_ids, 1) AS n
     WHERE debit_ids[n] = credit_ids[n]
       AND (counter_item_keys[n] IS NULL OR counter_item_keys[n] = item_keys[n]));

-- Postings: one debit, one credit, one amount. Element n of each array is of one of them. Append-only.
CREATE TABLE ledger.transfer_chunk (
    batch_id          bigint   NOT NULL,
    first_ordinal     integer  NOT NULL,
    first_key         bytea    NOT NULL, -- the least of item_keys
    last_key          bytea    NOT NULL, -- the greatest of item_keys
    item_keys         bytea[]  NOT NULL,
    legs              text[]   NOT NULL,
    debit_ids         bigint[] NOT NULL,
    credit_ids        bigint[] NOT NULL,
    amounts_msat      bigint[] NOT NULL,
    -- Of allocations, which have clearing on both sides: the debit is the item's, the credit is the counter item's.
    counter_item_keys bytea[],
    CONSTRAINT transfer_chunk_elements CHECK (
        cardinality(item_keys) = ALL (ARRAY[cardinality(legs), cardinality(debit_ids), cardinality(credit_ids),
            cardinality(amounts_msat), COALESCE(cardinality(counter_item_keys), cardinality(item_keys))])
        AND array_position(item_keys, NULL) IS NULL AND array_position(legs, NULL) IS NULL
        AND array_position(debit_ids, NULL) IS NULL AND array_position(credit_ids, NULL) IS NULL
        AND array_position(amounts_msat, NULL) IS NULL),
    CONSTRAINT transfer_amount_msat_check CHECK (0 < ALL (amounts_msat)),
    CONSTRAINT transfer_check CHECK (ledger.is_moving(item_keys, debit_ids, credit_ids, counter_item_keys))
) WITH (toast_tuple_target = 8160);
CREATE INDEX transfer_place ON ledger.transfer_chunk (batch_id, last_key, first_key);

-- As rows. Who looks for an item's names its batches and, for the index, the chunks in which its key may lie:
-- `batch_id = ANY (batch_ids) AND item_key = key AND key BETWEEN first_key AND last_key`.
CREATE VIEW ledger.evidence AS
SELECT chunk.batch_id, chunk.first_ordinal + one.n::integer - 1 AS ordinal, one.item_key,
       chunk.topics[chunk.topic_numbers[one.n]] AS topic, chunk.partition_numbers[one.n] AS partition_number,
       chunk.record_offsets[one.n] AS record_offset, chunk.nodes[chunk.node_numbers[one.n]] AS node,
       chunk.observed_at[one.n] AS observed_at, sha256(chunk.bytes[one.n]) AS digest, chunk.bytes[one.n] AS bytes,
       chunk.first_key, chunk.last_key
  FROM ledger.evidence_chunk AS chunk
  CROSS JOIN unnest(chunk.item_keys) WITH ORDINALITY AS one (item_key, n);

CREATE VIEW ledger.transfer AS
SELECT chunk.batch_id, chunk.first_ordinal + one.n::integer - 1 AS ordinal, one.item_key, chunk.legs[one.n] AS leg,
       chunk.debit_ids[one.n] AS debit_id, chunk.credit_ids[one.n] AS credit_id, chunk.amounts_msat[one.n] AS amount_msat,
       chunk.counter_item_keys[one.n] AS counter_item_key, chunk.first_key, chunk.last_key
  FROM ledger.transfer_chunk AS chunk
  CROSS JOIN unnest(chunk.item_keys) WITH ORDINALITY AS one (item_key, n);

-- As many to a chunk as the writer would put there, about.
WITH sized AS (
    SELECT *, sum(octet_length(bytes) + octet_length(node) + octet_length(topic) + 100)
                  OVER (PARTITION BY batch_id ORDER BY ordinal) / 7500 AS chunk
      FROM ledger.evidence_by_row
), dictionary AS (
    SELECT batch_id, chunk, array_agg(DISTINCT topic) AS topics, array_agg(DISTINCT node) AS nodes
      FROM sized
     GROUP BY batch_id, chunk
)
INSERT INTO ledger.evidence_chunk (batch_id, first_ordinal, first_key, last_key, topics, nodes, item_keys, topic_numbers,
                                   partition_numbers, record_offsets, node_numbers, observed_at, bytes)
SELECT batch_id, min(ordinal), (array_agg(item_key ORDER BY item_key))[1],
       (array_agg(item_key ORDER BY item_key DESC))[1], topics, nodes, array_agg(item_key ORDER BY ordinal),
       array_agg(array_position(topics, topic)::smallint ORDER BY ordinal), array_agg(partition_number ORDER BY ordinal),
       array_agg(record_offset ORDER BY ordinal), array_agg(array_position(nodes, node)::smallint ORDER BY ordinal),
       array_agg(observed_at ORDER BY ordinal), array_agg(bytes ORDER BY ordinal)
  FROM sized
  JOIN dictionary USING (batch_id, chunk)
 GROUP BY batch_id, chunk, topics, nodes
 ORDER BY batch_id, min(ordinal);

WITH sized AS (
    SELECT *, counter_item_key IS NOT NULL AS is_allocation,
           sum(octet_length(leg) + COALESCE(octet_length(counter_item_key), 0) + 75)
               OVER (PARTITION BY batch_id, counter_item_key IS NOT NULL ORDER BY ordinal) / 7500 AS chunk
      FROM ledger.transfer_by_row
)
INSERT INTO ledger.transfer_chunk (batch_id, first_ordinal, first_key, last_key, item_keys, legs, debit_ids, credit_ids,
                                   amounts_msat, counter_item_keys)
SELECT batch_id, min(ordinal), (array_agg(item_key ORDER BY item_key))[1],
       (array_agg(item_key ORDER BY item_key DESC))[1], array_agg(item_key ORDER BY ordinal),
       array_agg(leg ORDER BY ordinal), array_agg(debit_id ORDER BY ordinal), array_agg(credit_id ORDER BY ordinal),
       array_agg(amount_msat ORDER BY ordinal),
       CASE WHEN is_allocation THEN array_agg(counter_item_key ORDER BY ordinal) END
  FROM sized
 GROUP BY batch_id, is_allocation, chunk
 ORDER BY batch_id, min(ordinal);

DO $$
BEGIN
    IF EXISTS (
        (SELECT batch_id, ordinal, item_key, topic, partition_number, record_offset, node, observed_at, digest, bytes
           FROM ledger.evidence_by_row)
        EXCEPT ALL
        (SELECT batch_id, ordinal, item_key, topic, partition_number, record_offset, node, observed_at, digest, bytes
           FROM ledger.evidence))
        OR (SELECT count(*) FROM ledger.evidence) <> (SELECT count(*) FROM ledger.evidence_by_row)
    THEN
        RAISE EXCEPTION 'evidence in chunks is not what it was by row';
    END IF;
    IF EXISTS (
        (SELECT batch_id, ordinal, item_key, leg, debit_id, credit_id, amount_msat, counter_item_key
           FROM ledger.transfer_by_row)
        EXCEPT ALL
        (SELECT batch_id, ordinal, item_key, leg, debit_id, credit_id, amount_msat, counter_item_key
           FROM ledger.transfer))
        OR (SELECT count(*) FROM ledger.transfer) <> (SELECT count(*) FROM ledger.transfer_by_row)
    THEN
        RAISE EXCEPTION 'transfers in chunks are not what they were by row';
    END IF;
END
$$;

CREATE OR REPLACE VIEW ledger.identity AS
SELECT COALESCE((SELECT credit_msat - debit_msat FROM ledger.account_balance WHERE name = 'clearing'), 0) AS clearing_msat,
       COALESCE((SELECT sum(residue_msat) FROM ledger.item), 0) AS items_msat,
       COALESCE((SELECT sum(residue_msat) FROM ledger.item
                  WHERE state IN ('WAITING', 'OPEN', 'IGNORED', 'NOT_DECIDED_YET')), 0) AS unexplained_msat,
       COALESCE((SELECT sum(debit_msat - credit_msat) FROM ledger.balance), 0) AS trial_balance_msat,
       COALESCE((SELECT sum(amount_msat) FROM ledger.transfer_chunk CROSS JOIN unnest(amounts_msat) AS amount_msat), 0)
           - COALESCE((SELECT sum(debit_msat) FROM ledger.balance), 0) AS unposted_msat;

CREATE OR REPLACE VIEW audit.transfers AS
SELECT batch.sequence, transfer.ordinal, encode(transfer.item_key, 'hex') AS item_key, item.key_text AS item,
       transfer.leg, debit.name AS debit, credit.name AS credit, transfer.amount_msat, counter.key_text AS counter_item
  FROM ledger.item
  JOIN ledger.transfer ON transfer.batch_id = ANY (item.batch_ids) AND transfer.item_key = item.item_key
                      AND item.item_key BETWEEN transfer.first_key AND transfer.last_key
  JOIN ledger.batch ON batch.batch_id = transfer.batch_id
  JOIN ledger.account_resolved AS debit ON debit.account_id = transfer.debit_id
  JOIN ledger.account_resolved AS credit ON credit.account_id = transfer.credit_id
  LEFT JOIN ledger.item AS counter ON counter.item_key = transfer.counter_item_key;

CREATE OR REPLACE VIEW audit.evidence AS
SELECT batch.sequence, evidence.ordinal, item.key_text AS item, evidence.topic, evidence.partition_number,
       evidence.record_offset, evidence.node, evidence.observed_at, evidence.digest, evidence.bytes
  FROM ledger.item
  JOIN ledger.evidence ON evidence.batch_id = ANY (item.batch_ids) AND evidence.item_key = item.item_key
                      AND item.item_key BETWEEN evidence.first_key AND evidence.last_key
  JOIN ledger.batch ON batch.batch_id = evidence.batch_id;

DROP TABLE ledger.evidence_by_row, ledger.transfer_by_row;

GRANT SELECT, INSERT ON ledger.evidence_chunk, ledger.transfer_chunk TO tallystick_writer;
GRANT SELECT ON ledger.evidence_chunk, ledger.transfer_chunk TO tallystick_server;
GRANT SELECT ON ledger.evidence, ledger.transfer TO tallystick_writer, tallystick_server;
GRANT SELECT ON ledger.evidence TO tallystick_archivist;
