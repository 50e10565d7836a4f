-- Every rule set that was ever used, as its text. The same text has the same version. Append-only.
CREATE TABLE register.rule_set (
    version   integer     PRIMARY KEY CHECK (version > 0),
    digest    bytea       NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    body      text        NOT NULL,
    stored_at timestamptz NOT NULL
);

-- From which batch on which rules held. Append-only.
CREATE TABLE register.rule_activation (
    batch_id     bigint  PRIMARY KEY,
    version      integer NOT NULL REFERENCES register.rule_set
);

GRANT SELECT, INSERT ON register.rule_set, register.rule_activation TO tallystick_writer;
GRANT SELECT ON register.rule_set, register.rule_activation TO tallystick_server;

-- Other acts that take a ledger sequence number.
ALTER TABLE ledger.batch DROP CONSTRAINT batch_cause_check;
ALTER TABLE ledger.batch ADD CONSTRAINT batch_cause_check CHECK (cause IN ('records', 'due', 'group', 'rules', 'redrive'));

CREATE VIEW audit.rules AS
SELECT batch.sequence, batch.decided_at AS activated_at, rule_set.version, rule_set.stored_at, rule_set.body
  FROM register.rule_activation
  JOIN register.rule_set USING (version)
  JOIN ledger.batch USING (batch_id);
COMMENT ON VIEW audit.rules IS 'Which rules held from which ledger sequence on';
GRANT SELECT ON audit.rules TO tallystick_auditor, tallystick_server;
