-- Items that people decided about. What is settled leaves nothing on clearing; what is ignored may.
ALTER TABLE ledger.item DROP CONSTRAINT item_state_check;
ALTER TABLE ledger.item ADD CONSTRAINT item_state_check
    CHECK (state IN ('IDLE', 'AGREED', 'AGREED_BY_RULE', 'WAITING', 'OPEN', 'RESOLVED', 'IGNORED', 'NOT_DECIDED_YET'));
ALTER TABLE ledger.item ADD CONSTRAINT item_resolved_check CHECK (residue_msat = 0 OR state <> 'RESOLVED');

CREATE OR REPLACE VIEW ledger.identity AS
SELECT COALESCE((SELECT credit_msat - debit_msat FROM ledger.account_balance WHERE name = 'clearing'), 0) AS clearing_msat,
       COALESCE((SELECT sum(residue_msat) FROM ledger.item), 0) AS items_msat,
       COALESCE((SELECT sum(residue_msat) FROM ledger.item
                  WHERE state IN ('WAITING', 'OPEN', 'IGNORED', 'NOT_DECIDED_YET')), 0) AS unexplained_msat,
       COALESCE((SELECT sum(debit_msat - credit_msat) FROM ledger.balance), 0) AS trial_balance_msat,
       COALESCE((SELECT sum(amount_msat) FROM ledger.transfer), 0)
           - COALESCE((SELECT sum(debit_msat) FROM ledger.balance), 0) AS unposted_msat;

CREATE INDEX decision_mismatch ON register.decision USING hash (mismatch_id);

CREATE VIEW audit.decisions AS
SELECT batch.sequence, decision.decision_id, encode(decision.mismatch_id, 'hex') AS mismatch_id, decision.bytes
  FROM register.decision
  JOIN ledger.batch USING (batch_id);
COMMENT ON VIEW audit.decisions IS 'What people decided, and at which ledger sequence it took effect; bytes are a tallystick.v1.Decision';
GRANT SELECT ON audit.decisions TO tallystick_auditor, tallystick_server;
