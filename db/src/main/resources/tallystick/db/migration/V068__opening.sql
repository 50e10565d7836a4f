-- Items that lie before the moment from which the ledger counts. They leave nothing on clearing.
ALTER TABLE ledger.item_row DROP CONSTRAINT item_state_check;
ALTER TABLE ledger.item_row ADD CONSTRAINT item_state_check
    CHECK (state IN ('IDLE', 'AGREED', 'AGREED_BY_RULE', 'WAITING', 'OPEN', 'RESOLVED', 'IGNORED', 'BEFORE_OPENING',
                     'NOT_DECIDED_YET'));

-- Which of its readings each node's accounts were opened by. Append-only.
CREATE TABLE ledger.node_opening (
    node        text        NOT NULL PRIMARY KEY,
    observed_at timestamptz NOT NULL,
    batch_id    bigint      NOT NULL
);

-- What each account was opened with: the moment and the reading, and what stands on it by that.
CREATE VIEW audit.openings AS
SELECT node_opening.node, (SELECT value FROM ledger.setting WHERE name = 'opening') AS counts_from, node_opening.observed_at,
       batch.sequence
  FROM ledger.node_opening
  JOIN ledger.batch USING (batch_id);
COMMENT ON VIEW audit.openings IS 'By which reading of each node its channels and its wallet were opened';

GRANT SELECT, INSERT ON ledger.node_opening TO tallystick_writer;
GRANT SELECT ON ledger.node_opening TO tallystick_server;
GRANT SELECT ON audit.openings TO tallystick_auditor, tallystick_server;
