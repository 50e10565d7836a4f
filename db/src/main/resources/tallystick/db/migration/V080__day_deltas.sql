-- What each batch changed of business days: what its items add after it less what they added before. The sum over the batches
-- up to a ledger sequence is what was known then of any day, in whatever zone days are cut. Append-only.
CREATE TABLE ledger.day_delta (
    batch_id bigint  NOT NULL,
    slot     integer NOT NULL, -- quarter hours since 1970, UTC, in which it happened
    node     text    NOT NULL, -- empty where it is about no node
    subject  text    NOT NULL CHECK (subject IN ('REFERENCE', 'RESIDUE', 'MOVEMENT', 'ACCOUNT', 'UNDER_WAY')),
    name     text    NOT NULL,
    place    text    NOT NULL,
    count    bigint  NOT NULL,
    msat     bigint  NOT NULL,
    CHECK (count <> 0 OR msat <> 0)
);
CREATE INDEX day_delta_batch ON ledger.day_delta USING brin (batch_id);

GRANT SELECT, INSERT ON ledger.day_delta TO tallystick_writer;
GRANT SELECT ON ledger.day_delta TO tallystick_server;

CREATE VIEW audit.day_deltas AS
SELECT batch.sequence, to_timestamp(day_delta.slot::bigint * 900) AS slot_begins, day_delta.node, day_delta.subject,
       day_delta.name, day_delta.place, day_delta.count, day_delta.msat
  FROM ledger.day_delta
  JOIN ledger.batch USING (batch_id);
COMMENT ON VIEW audit.day_deltas IS 'What each batch changed of business days, by quarter hour. Unit: msat';
GRANT SELECT ON audit.day_deltas TO tallystick_auditor, tallystick_server;
