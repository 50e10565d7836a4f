-- Numbers that a node gave to receipts and that nothing carries: while there are some, no receipt is called missing. The body
-- is tallystick.storage.v1.StoredGaps.
CREATE TABLE ledger.coverage_gap (
    partition_number integer NOT NULL,
    node             text    NOT NULL,
    body             bytea   NOT NULL,
    PRIMARY KEY (partition_number, node)
);
GRANT SELECT, INSERT, UPDATE ON ledger.coverage_gap TO tallystick_writer;
GRANT SELECT ON ledger.coverage_gap TO tallystick_server;

ALTER TABLE ledger.coverage ADD COLUMN has_gaps boolean NOT NULL DEFAULT false;
ALTER TABLE ledger.coverage ALTER COLUMN has_gaps DROP DEFAULT;
ALTER TABLE ledger.coverage_known ADD COLUMN has_gaps boolean NOT NULL DEFAULT false;
ALTER TABLE ledger.coverage_known ALTER COLUMN has_gaps DROP DEFAULT;
