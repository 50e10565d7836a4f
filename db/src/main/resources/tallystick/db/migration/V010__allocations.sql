-- A group may move residue between its items: a day's entry takes over what its forwards leave. Beside what an item says to
-- the group stands what the group decided on it; null while it has not decided.
ALTER TABLE ledger.contribution
    ADD COLUMN partition_number integer NOT NULL DEFAULT 0,
    -- The item says nothing any more, but what the group decided before is still to be taken back.
    ADD COLUMN is_withdrawn boolean NOT NULL DEFAULT false,
    ADD COLUMN decided_for_msat bigint,
    ADD COLUMN allocated_msat bigint,
    ADD COLUMN is_open boolean;
ALTER TABLE ledger.contribution
    ALTER COLUMN partition_number DROP DEFAULT,
    ALTER COLUMN is_withdrawn DROP DEFAULT;

-- A group is decided when its time has come and, where it waits for a node's forwards, when they are read so far.
ALTER TABLE ledger.dirty_group
    ADD COLUMN due_at timestamptz NOT NULL DEFAULT '1970-01-01 00:00:00+00',
    ADD COLUMN waits_node text,
    ADD COLUMN waits_until timestamptz;
ALTER TABLE ledger.dirty_group
    ALTER COLUMN due_at DROP DEFAULT;

-- An allocation has clearing on both sides: the debit is the item's, the credit is the counter item's.
ALTER TABLE ledger.transfer
    ADD COLUMN counter_item_key bytea;
ALTER TABLE ledger.transfer
    DROP CONSTRAINT transfer_check,
    ADD CONSTRAINT transfer_check CHECK (
        debit_id <> credit_id OR (counter_item_key IS NOT NULL AND counter_item_key <> item_key));

CREATE OR REPLACE VIEW audit.transfers AS
SELECT batch.sequence, transfer.ordinal, encode(transfer.item_key, 'hex') AS item_key, item.key_text AS item,
       transfer.leg, debit.name AS debit, credit.name AS credit, transfer.amount_msat, counter.key_text AS counter_item
  FROM ledger.item
  JOIN ledger.transfer ON transfer.batch_id = ANY (item.batch_ids) AND transfer.item_key = item.item_key
  JOIN ledger.batch ON batch.batch_id = transfer.batch_id
  JOIN ledger.account_resolved AS debit ON debit.account_id = transfer.debit_id
  JOIN ledger.account_resolved AS credit ON credit.account_id = transfer.credit_id
  LEFT JOIN ledger.item AS counter ON counter.item_key = transfer.counter_item_key;
COMMENT ON VIEW audit.transfers IS 'Every posting, in the order of (sequence, ordinal); the credit of an allocation is the counter item''s. Unit: msat';
