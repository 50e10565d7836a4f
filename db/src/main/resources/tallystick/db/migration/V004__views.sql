-- Accounts as people read them: a short channel id becomes its channel point once the node has told it.
CREATE VIEW ledger.account_resolved AS
SELECT account.account_id,
       COALESCE(
           'node:' || alias.node || ':channel:' || alias.channel_point,
           account.name) AS name
  FROM ledger.account
  LEFT JOIN ledger.channel_alias AS alias
         ON account.name LIKE 'node:%:scid:%'
        AND alias.node = split_part(account.name, ':', 2)
        AND alias.chan_id = CASE WHEN account.name LIKE 'node:%:scid:%' THEN split_part(account.name, ':', 4)::numeric END;

CREATE VIEW ledger.account_balance AS
SELECT account.name,
       sum(balance.debit_msat)  AS debit_msat,
       sum(balance.credit_msat) AS credit_msat,
       sum(balance.debit_msat - balance.credit_msat) AS balance_msat
  FROM ledger.balance
  JOIN ledger.account_resolved AS account USING (account_id)
 GROUP BY account.name;

-- Each (node, reference) with entries, and how it stands.
CREATE VIEW ledger.pair AS
SELECT item_key, nodes[1] AS node, key_text AS reference, state, booked_msat AS msat, due_at
  FROM ledger.item
 WHERE booked_msat IS NOT NULL
UNION ALL
SELECT item.item_key, pair.node, pair.reference, pair.state, pair.msat, item.due_at
  FROM ledger.item
  CROSS JOIN jsonb_to_recordset(item.pairs) AS pair (node text, reference text, state text, msat bigint)
 WHERE item.pairs IS NOT NULL;

-- The identity that must hold at every ledger sequence: what clearing holds is the sum of all items' residues, items that
-- agree leave none, and debits equal credits.
CREATE VIEW ledger.identity AS
SELECT COALESCE((SELECT credit_msat - debit_msat FROM ledger.account_balance WHERE name = 'clearing'), 0) AS clearing_msat,
       COALESCE((SELECT sum(residue_msat) FROM ledger.item), 0) AS items_msat,
       COALESCE((SELECT sum(residue_msat) FROM ledger.item
                  WHERE state IN ('WAITING', 'OPEN', 'NOT_DECIDED_YET')), 0) AS unexplained_msat,
       COALESCE((SELECT sum(debit_msat - credit_msat) FROM ledger.balance), 0) AS trial_balance_msat,
       COALESCE((SELECT sum(amount_msat) FROM ledger.transfer), 0)
           - COALESCE((SELECT sum(debit_msat) FROM ledger.balance), 0) AS unposted_msat;

CREATE VIEW audit.accounts AS
SELECT name, debit_msat, credit_msat, balance_msat FROM ledger.account_balance;
COMMENT ON VIEW audit.accounts IS 'Every account with what was debited and credited. Unit: msat';

CREATE VIEW audit.transfers AS
SELECT batch.sequence, transfer.ordinal, encode(transfer.item_key, 'hex') AS item_key, item.key_text AS item,
       transfer.leg, debit.name AS debit, credit.name AS credit, transfer.amount_msat
  FROM ledger.item
  JOIN ledger.transfer ON transfer.batch_id = ANY (item.batch_ids) AND transfer.item_key = item.item_key
  JOIN ledger.batch ON batch.batch_id = transfer.batch_id
  JOIN ledger.account_resolved AS debit ON debit.account_id = transfer.debit_id
  JOIN ledger.account_resolved AS credit ON credit.account_id = transfer.credit_id;
COMMENT ON VIEW audit.transfers IS 'Every posting, in the order of (sequence, ordinal). Unit: msat';

CREATE VIEW audit.items AS
SELECT encode(item_key, 'hex') AS item_key, key_text AS item, kind, state, residue_msat, due_at, nodes
  FROM ledger.item;
COMMENT ON VIEW audit.items IS 'All that is known under each reference, and what it leaves on clearing. Unit: msat';

CREATE VIEW audit.mismatches AS
SELECT encode(mismatch_id, 'hex') AS mismatch_id, code, node, reference, amount_msat, residue_msat, severity, state,
       since, label, sentence, advice, order_text, account, node_msat, books_msat, node_half, books_half, episode, rule_version
  FROM register.mismatch;
COMMENT ON VIEW audit.mismatches IS 'Every mismatch that ever was, as it stands now. Unit: msat';

CREATE VIEW audit.evidence AS
SELECT batch.sequence, evidence.ordinal, item.key_text AS item, evidence.topic, evidence.partition_number,
       evidence.record_offset, evidence.node, evidence.observed_at, evidence.digest, evidence.bytes
  FROM ledger.item
  JOIN ledger.evidence ON evidence.batch_id = ANY (item.batch_ids) AND evidence.item_key = item.item_key
  JOIN ledger.batch ON batch.batch_id = evidence.batch_id;
COMMENT ON VIEW audit.evidence IS 'Every record that changed an item, with the bytes as they came';

CREATE VIEW audit.coverage AS
SELECT node, alias, stream, min(proven_until) AS proven_until, min(block_height) AS block_height
  FROM ledger.coverage
 GROUP BY node, alias, stream;
COMMENT ON VIEW audit.coverage IS 'Up to when each stream of each node is proven to have been read';

CREATE VIEW audit.batches AS
SELECT sequence, cause, decided_at, records, encode(digest, 'hex') AS digest,
       encode(previous_hash, 'hex') AS previous_hash, encode(hash, 'hex') AS hash
  FROM ledger.batch;
COMMENT ON VIEW audit.batches IS 'Every batch, each linked to the one before it';

CREATE VIEW audit.identity AS
SELECT clearing_msat, items_msat, unexplained_msat, trial_balance_msat, unposted_msat FROM ledger.identity;
COMMENT ON VIEW audit.identity IS 'What must hold: clearing = items = unexplained; trial balance and unposted are 0. Unit: msat';
