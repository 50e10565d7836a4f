-- Items are the rows that are read and written most: hashes and node keys lie in them as bytes, not as hex. `ledger.item` is
-- how they read.
DROP VIEW audit.transfers, audit.evidence, audit.items, ledger.pair;

ALTER TABLE ledger.item RENAME TO item_row;
ALTER TABLE ledger.item_row RENAME COLUMN key_text TO reference;
ALTER TABLE ledger.item_row RENAME COLUMN nodes TO node_keys;
ALTER TABLE ledger.item_row
    ALTER COLUMN reference TYPE bytea
        USING CASE kind WHEN 'payment' THEN decode(split_part(reference, ':', 2), 'hex') ELSE convert_to(reference, 'UTF8') END,
    ALTER COLUMN node_keys TYPE bytea USING decode(array_to_string(node_keys, ''), 'hex');

-- Stable, as convert_from is: what claims more is not inlined.
CREATE FUNCTION ledger.item_text(kind text, reference bytea) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE kind WHEN 'payment' THEN 'payment_hash:' || encode(reference, 'hex') ELSE convert_from(reference, 'UTF8') END;

-- Public keys have 33 bytes.
CREATE FUNCTION ledger.node_texts(node_keys bytea) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY(SELECT encode(substring(node_keys FROM at FOR 33), 'hex')
                   FROM generate_series(1, octet_length(node_keys), 33) AS at);

CREATE VIEW ledger.item AS
SELECT item_key, ledger.item_text(kind, reference) AS key_text, kind, partition_number, state, residue_msat, due_at,
       waits_for_coverage, has_invoice, has_payment, ledger.node_texts(node_keys) AS nodes, booked_msat, pairs, version,
       batch_ids, body
  FROM ledger.item_row;

-- Each (node, reference) with entries, and how it stands.
CREATE VIEW ledger.pair AS
SELECT item_key, encode(substring(node_keys FROM 1 FOR 33), 'hex') AS node, ledger.item_text(kind, reference) AS reference,
       state, booked_msat AS msat, due_at
  FROM ledger.item_row
 WHERE booked_msat IS NOT NULL
UNION ALL
SELECT item.item_key, pair.node, pair.reference, pair.state, pair.msat, item.due_at
  FROM ledger.item_row AS item
  CROSS JOIN jsonb_to_recordset(item.pairs) AS pair (node text, reference text, state text, msat bigint)
 WHERE item.pairs IS NOT NULL;

CREATE VIEW audit.transfers AS
SELECT batch.sequence, transfer.ordinal, encode(transfer.item_key, 'hex') AS item_key, item.key_text AS item,
       transfer.leg, debit.name AS debit, credit.name AS credit, transfer.amount_msat, counter.key_text AS counter_item
  FROM ledger.item
  JOIN ledger.transfer ON transfer.batch_id = ANY (item.batch_ids) AND transfer.item_key = item.item_key
                      AND item.item_key BETWEEN transfer.first_key AND transfer.last_key
  JOIN ledger.batch ON batch.batch_id = transfer.batch_id
  JOIN ledger.account_resolved AS debit ON debit.account_id = transfer.debit_id
  JOIN ledger.account_resolved AS credit ON credit.account_id = transfer.credit_id
  LEFT JOIN ledger.item AS counter ON counter.item_key = transfer.counter_item_key;
COMMENT ON VIEW audit.transfers IS 'Every posting, in the order of (sequence, ordinal); the credit of an allocation is the counter item''s. Unit: msat';

CREATE VIEW audit.items AS
SELECT encode(item_key, 'hex') AS item_key, key_text AS item, kind, state, residue_msat, due_at, nodes
  FROM ledger.item;
COMMENT ON VIEW audit.items IS 'All that is known under each reference, and what it leaves on clearing. Unit: msat';

CREATE VIEW audit.evidence AS
SELECT batch.sequence, evidence.ordinal, item.key_text AS item, evidence.topic, evidence.partition_number,
       evidence.record_offset, evidence.node, evidence.observed_at, evidence.digest, evidence.bytes
  FROM ledger.item
  JOIN ledger.evidence ON evidence.batch_id = ANY (item.batch_ids) AND evidence.item_key = item.item_key
                      AND item.item_key BETWEEN evidence.first_key AND evidence.last_key
  JOIN ledger.batch ON batch.batch_id = evidence.batch_id;
COMMENT ON VIEW audit.evidence IS 'Every record that changed an item, with the bytes as they came';

GRANT SELECT ON ledger.item, ledger.pair TO tallystick_writer, tallystick_server;
GRANT SELECT ON audit.transfers, audit.items, audit.evidence TO tallystick_auditor, tallystick_server;

-- Nobody asks for rows by what these hold, and to analyse large arrays costs as much as a tenth of all writing.
ALTER TABLE ledger.item_row ALTER COLUMN body SET STATISTICS 0;
ALTER TABLE ledger.evidence_chunk
    ALTER COLUMN topics SET STATISTICS 0,
    ALTER COLUMN nodes SET STATISTICS 0,
    ALTER COLUMN item_keys SET STATISTICS 0,
    ALTER COLUMN topic_numbers SET STATISTICS 0,
    ALTER COLUMN partition_numbers SET STATISTICS 0,
    ALTER COLUMN record_offsets SET STATISTICS 0,
    ALTER COLUMN node_numbers SET STATISTICS 0,
    ALTER COLUMN observed_at SET STATISTICS 0,
    ALTER COLUMN bytes SET STATISTICS 0;
ALTER TABLE ledger.transfer_chunk
    ALTER COLUMN item_keys SET STATISTICS 0,
    ALTER COLUMN legs SET STATISTICS 0,
    ALTER COLUMN debit_ids SET STATISTICS 0,
    ALTER COLUMN credit_ids SET STATISTICS 0,
    ALTER COLUMN amounts_msat SET STATISTICS 0,
    ALTER COLUMN counter_item_keys SET STATISTICS 0;
ALTER TABLE ledger.due ALTER COLUMN item_keys SET STATISTICS 0;
ALTER TABLE ledger.height_due ALTER COLUMN item_keys SET STATISTICS 0;
