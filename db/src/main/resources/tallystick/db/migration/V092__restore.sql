-- A database that came back from a backup behind what it had told to Kafka. What was applied since the backup is applied again;
-- what was told since is not told again. Append-only.
CREATE TABLE ledger.restoration (
    batch_id           bigint PRIMARY KEY,
    restored_sequence  bigint NOT NULL CHECK (restored_sequence >= 0), -- at which the backup ended
    published_sequence bigint NOT NULL, -- up to which Kafka had been told; the batch's own is the next
    ends               jsonb  NOT NULL, -- of the log then: [{"topic", "partition", "end"}]
    CHECK (published_sequence > restored_sequence)
);
CREATE TABLE ledger.restoration_end (
    restoration_id bigint PRIMARY KEY REFERENCES ledger.restoration,
    batch_id       bigint NOT NULL -- which tells what differs from what had been told; changes before it are not told
);
GRANT SELECT, INSERT ON ledger.restoration, ledger.restoration_end TO tallystick_writer;
GRANT SELECT ON ledger.restoration, ledger.restoration_end TO tallystick_server;

ALTER TABLE ledger.batch DROP CONSTRAINT batch_cause_check;
ALTER TABLE ledger.batch ADD CONSTRAINT batch_cause_check
    CHECK (cause IN ('records', 'due', 'group', 'rules', 'redrive', 'restore'));

CREATE VIEW audit.restorations AS
SELECT batch.sequence, batch.decided_at, restored_sequence, published_sequence, ended.sequence AS ended_sequence
  FROM ledger.restoration
  JOIN ledger.batch USING (batch_id)
  LEFT JOIN ledger.restoration_end ON restoration_id = restoration.batch_id
  LEFT JOIN ledger.batch AS ended ON ended.batch_id = restoration_end.batch_id;
COMMENT ON VIEW audit.restorations IS
    'When the database came back from a backup: sequences after restored_sequence up to published_sequence were lost and are not used again';
GRANT SELECT ON audit.restorations TO tallystick_auditor, tallystick_server;
