-- One row per ledger setting that may never change: the ledger's name, the number of partitions.
CREATE TABLE ledger.setting (
    name  text PRIMARY KEY,
    value text NOT NULL
);

-- The newest head. One row; its lock orders commits, so a batch takes it last.
CREATE TABLE ledger.head (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    sequence bigint  NOT NULL CHECK (sequence >= 0),
    hash     bytea   NOT NULL CHECK (octet_length(hash) = 32)
);
INSERT INTO ledger.head (sequence, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

CREATE SEQUENCE ledger.batch_id;

-- One committed batch. Append-only.
CREATE TABLE ledger.batch (
    sequence      bigint PRIMARY KEY CHECK (sequence > 0),
    batch_id      bigint      NOT NULL UNIQUE,
    cause         text        NOT NULL CHECK (cause IN ('records', 'due', 'group')),
    decided_at    timestamptz NOT NULL,
    records       integer     NOT NULL CHECK (records >= 0),
    digest        bytea       NOT NULL CHECK (octet_length(digest) = 32),
    previous_hash bytea       NOT NULL CHECK (octet_length(previous_hash) = 32),
    hash          bytea       NOT NULL CHECK (octet_length(hash) = 32)
);

-- How far each topic partition has been applied. Advanced by compare-and-set in the transaction of the batch.
CREATE TABLE ledger.position (
    partition_number integer NOT NULL CHECK (partition_number >= 0),
    topic            text    NOT NULL,
    cluster_id       text    NOT NULL,
    topic_id         text    NOT NULL,
    next_offset      bigint  NOT NULL CHECK (next_offset >= 0),
    -- Digest of the last applied record and where it lies, to see that the log is still the same one.
    mark             bytea,
    mark_offset      bigint,
    PRIMARY KEY (partition_number, topic)
);

CREATE TABLE ledger.account (
    account_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name       text NOT NULL UNIQUE CHECK (name <> '')
);

-- One posting: one debit, one credit, one amount. Append-only.
CREATE TABLE ledger.transfer (
    batch_id   bigint  NOT NULL,
    ordinal    integer NOT NULL,
    item_key   bytea   NOT NULL,
    leg        text    NOT NULL,
    debit_id   bigint  NOT NULL,
    credit_id  bigint  NOT NULL,
    amount_msat bigint NOT NULL CHECK (amount_msat > 0),
    CHECK (debit_id <> credit_id)
);
-- Filled in its own order, batch by batch. An item's row names the batches in which something is its own.
CREATE INDEX transfer_place ON ledger.transfer (batch_id, item_key);

-- Sums per account and partition number, so that no account is one hot row. Only ever grow.
CREATE TABLE ledger.balance (
    account_id       bigint  NOT NULL,
    partition_number integer NOT NULL,
    debit_msat       numeric(38) NOT NULL CHECK (debit_msat >= 0),
    credit_msat      numeric(38) NOT NULL CHECK (credit_msat >= 0),
    PRIMARY KEY (account_id, partition_number)
) WITH (fillfactor = 50);

-- All that is known under one reference. `body` is as adr/023 tells; the columns beside it repeat what is
-- searched and summed.
CREATE TABLE ledger.item (
    item_key         bytea    NOT NULL CHECK (octet_length(item_key) = 32),
    key_text         text     NOT NULL,
    kind             text     NOT NULL CHECK (kind IN ('payment', 'forward', 'chain', 'channel', 'forwards of a day', 'order')),
    partition_number integer  NOT NULL,
    state            text     NOT NULL CHECK (state IN ('IDLE', 'AGREED', 'AGREED_BY_RULE', 'WAITING', 'OPEN', 'NOT_DECIDED_YET')),
    residue_msat     bigint   NOT NULL,
    due_at           timestamptz,
    waits_for_coverage timestamptz,
    has_invoice      boolean  NOT NULL,
    has_payment      boolean  NOT NULL,
    nodes            text[]   NOT NULL,
    -- Net sum of its entries that move value, where all of them name its only node and its own reference, as nearly all do.
    booked_msat      bigint,
    -- Otherwise each (node, reference) with entries: [{"node", "reference", "state", "msat"}].
    pairs            jsonb,
    version          integer  NOT NULL CHECK (version > 0),
    -- In which evidence or transfers are its own.
    batch_ids        bigint[] NOT NULL,
    body             bytea    NOT NULL,
    CHECK (residue_msat = 0 OR state NOT IN ('IDLE', 'AGREED', 'AGREED_BY_RULE'))
) WITH (fillfactor = 50);
-- The one index on a random key. No other column may have one: a row that changes then stays on its page and touches no index.
-- That there is one row per key follows from who may write it: the worker that holds the lock of its partition number.
CREATE INDEX item_key ON ledger.item USING hash (item_key);

-- Where to look for items that are to be decided again, when a moment has come or the fleet is read up to it. The item's own
-- row says whether it still waits.
CREATE TABLE ledger.due (
    partition_number integer     NOT NULL,
    waits_for        text        NOT NULL CHECK (waits_for IN ('MOMENT', 'FLEET', 'FORWARDS')),
    due_at           timestamptz NOT NULL, -- of the first of them
    item_keys        bytea[]     NOT NULL
);
CREATE INDEX due_next ON ledger.due (partition_number, waits_for, due_at);

-- What changed an item, with the bytes as they came. Append-only.
CREATE TABLE ledger.evidence (
    batch_id     bigint  NOT NULL,
    ordinal      integer NOT NULL,
    item_key     bytea   NOT NULL,
    topic        text    NOT NULL,
    partition_number integer NOT NULL,
    record_offset bigint NOT NULL,
    node         text    NOT NULL,
    observed_at  timestamptz NOT NULL,
    digest       bytea   NOT NULL CHECK (octet_length(digest) = 32),
    bytes        bytea   NOT NULL
);
-- Filled in its own order, batch by batch; see ledger.transfer.
CREATE INDEX evidence_place ON ledger.evidence (batch_id, item_key);

-- Records that could not be applied, with their bytes and the reason. Append-only; also the outbox of the quarantine topic, in
-- the order of (ledger sequence of the batch, ordinal).
CREATE TABLE ledger.quarantine (
    batch_id      bigint  NOT NULL,
    ordinal       integer NOT NULL,
    topic         text    NOT NULL,
    partition_number integer NOT NULL,
    record_offset bigint  NOT NULL,
    cluster_id    text    NOT NULL,
    record_key    bytea,
    record_value  bytea,
    reason        text    NOT NULL CHECK (reason <> ''),
    PRIMARY KEY (cluster_id, topic, partition_number, record_offset),
    UNIQUE (batch_id, ordinal)
);

-- What is proven to have been read, per partition number: a worker trusts it only once its positions are past the offsets.
CREATE TABLE ledger.coverage (
    partition_number integer NOT NULL,
    node             text    NOT NULL,
    stream           text    NOT NULL,
    alias            text    NOT NULL,
    proven_until     timestamptz,
    block_height     integer NOT NULL,
    seen_at          timestamptz NOT NULL,
    PRIMARY KEY (partition_number, node, stream)
);

-- Coverage that waits until what it covers has been applied.
CREATE TABLE ledger.coverage_pending (
    partition_number integer NOT NULL,
    record_offset    bigint  NOT NULL,
    bytes            bytea   NOT NULL,
    PRIMARY KEY (partition_number, record_offset)
);

-- Short channel ids and the channel they belong to, as the nodes' channel records tell. Append-only.
CREATE TABLE ledger.channel_alias (
    node          text   NOT NULL,
    chan_id       numeric(20) NOT NULL,
    channel_point text   NOT NULL,
    PRIMARY KEY (node, chan_id)
);

-- The newest balances of each node, by itself.
CREATE TABLE ledger.node_balance (
    node         text        NOT NULL,
    observed_at  timestamptz NOT NULL,
    channels_local_msat bigint NOT NULL,
    unsettled_outgoing_msat bigint NOT NULL,
    wallet_msat  bigint      NOT NULL,
    PRIMARY KEY (node, observed_at)
);
CREATE TABLE ledger.node_channel_balance (
    node         text        NOT NULL,
    observed_at  timestamptz NOT NULL,
    channel_point text       NOT NULL,
    capacity_sat bigint      NOT NULL,
    local_sat    bigint      NOT NULL,
    remote_sat   bigint      NOT NULL,
    commit_fee_sat bigint    NOT NULL,
    we_opened    boolean     NOT NULL,
    is_quiet     boolean     NOT NULL,
    PRIMARY KEY (node, observed_at, channel_point)
);

-- What items say to groups of items (an order, a day's rounding), and which groups are to be decided again.
CREATE TABLE ledger.contribution (
    group_name  text        NOT NULL,
    item_key    bytea       NOT NULL,
    node        text        NOT NULL,
    reference   text        NOT NULL,
    booked_at   timestamptz NOT NULL,
    entry_id    text        NOT NULL,
    amount_msat bigint      NOT NULL,
    known_at    timestamptz NOT NULL,
    order_text  text,
    account     text,
    PRIMARY KEY (group_name, item_key)
);
CREATE INDEX contribution_item ON ledger.contribution USING hash (item_key);
CREATE TABLE ledger.dirty_group (
    group_name text PRIMARY KEY
);
