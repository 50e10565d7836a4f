-- How far the relay had come when it last looked. What counts is its place in Kafka; this one is for a Kafka that has
-- forgotten it after a long silence.
CREATE TABLE register.relay_place (
    kind     text    PRIMARY KEY CHECK (kind IN ('changes', 'quarantine')),
    sequence bigint  NOT NULL CHECK (sequence >= 0),
    ordinal  integer NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON register.relay_place TO tallystick_writer;
GRANT SELECT ON register.relay_place TO tallystick_server;

-- Quarantined records that were tried again. Append-only.
CREATE TABLE ledger.redrive (
    batch_id         bigint  NOT NULL,
    cluster_id       text    NOT NULL,
    topic            text    NOT NULL,
    partition_number integer NOT NULL,
    record_offset    bigint  NOT NULL,
    -- Why it was refused again; empty when it was applied.
    reason           text,
    PRIMARY KEY (batch_id, cluster_id, topic, partition_number, record_offset)
);
CREATE INDEX redrive_record ON ledger.redrive (topic, partition_number, record_offset);
GRANT SELECT, INSERT ON ledger.redrive TO tallystick_writer;
GRANT SELECT ON ledger.redrive TO tallystick_server;

-- What was proven to have been read when, so that what was decided then can be decided again. Append-only.
CREATE TABLE ledger.coverage_known (
    batch_id         bigint  NOT NULL,
    partition_number integer NOT NULL,
    node             text    NOT NULL,
    stream           text    NOT NULL,
    alias            text    NOT NULL,
    proven_until     timestamptz,
    block_height     integer NOT NULL,
    seen_at          timestamptz NOT NULL,
    PRIMARY KEY (batch_id, partition_number, node, stream)
);
GRANT SELECT, INSERT ON ledger.coverage_known TO tallystick_writer;
GRANT SELECT ON ledger.coverage_known TO tallystick_server;
