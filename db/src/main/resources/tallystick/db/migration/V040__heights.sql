-- When a node was first seen at a height, per partition number as coverage is: the moment a height h was first seen is the
-- least seen_at of all rows from h on. One row a block at most, as a height that was seen no sooner says nothing new.
-- Append-only, so that what was decided can be decided again.
CREATE TABLE ledger.height_seen (
    partition_number integer     NOT NULL,
    node             text        NOT NULL,
    block_height     integer     NOT NULL CHECK (block_height > 0),
    seen_at          timestamptz NOT NULL,
    batch_id         bigint      NOT NULL,
    PRIMARY KEY (partition_number, node, block_height, seen_at)
);

-- Where to look for items that are to be decided again when a node has seen a height, many keys to a row, as ledger.due.
CREATE TABLE ledger.height_due (
    partition_number integer NOT NULL,
    node             text    NOT NULL,
    block_height     integer NOT NULL,
    item_keys        bytea[] NOT NULL
);
CREATE INDEX height_due_next ON ledger.height_due (partition_number, node, block_height);

GRANT SELECT, INSERT ON ledger.height_seen TO tallystick_writer;
GRANT SELECT, INSERT, DELETE ON ledger.height_due TO tallystick_writer;
GRANT SELECT ON ledger.height_seen, ledger.height_due TO tallystick_server;
