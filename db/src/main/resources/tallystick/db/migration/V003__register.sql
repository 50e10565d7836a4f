-- Every mismatch that ever was, as it stands now.
CREATE TABLE register.mismatch (
    mismatch_id  bytea       PRIMARY KEY CHECK (octet_length(mismatch_id) = 32),
    owner        text        NOT NULL, -- the item key in hex, or the group that decides it
    item_key     bytea,
    code         text        NOT NULL,
    node         text        NOT NULL,
    reference    text        NOT NULL,
    amount_msat  bigint      NOT NULL CHECK (amount_msat >= 0),
    residue_msat bigint      NOT NULL,
    severity     text        NOT NULL CHECK (severity IN ('INFORMATION', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
    state        text        NOT NULL CHECK (state IN ('OPEN', 'CLOSED', 'RESOLVED', 'IGNORED')),
    since        timestamptz NOT NULL,
    label        text        NOT NULL,
    sentence     text        NOT NULL,
    advice       text        NOT NULL,
    order_text   text,
    account      text,
    node_msat    bigint,
    books_msat   bigint,
    node_half    jsonb       NOT NULL,
    books_half   jsonb       NOT NULL,
    episode      integer     NOT NULL CHECK (episode > 0),
    rule_version integer     NOT NULL,
    batch_id     bigint      NOT NULL
);
CREATE INDEX mismatch_owner ON register.mismatch (owner);
CREATE INDEX mismatch_open ON register.mismatch (code, reference, node) WHERE state = 'OPEN';

-- Every change, in the order of (ledger sequence of its batch, ordinal). Append-only; also the outbox: the relay publishes
-- it from here. `before` and `after` are tallystick.v1.Mismatch.
CREATE TABLE register.change (
    batch_id    bigint  NOT NULL,
    ordinal     integer NOT NULL,
    mismatch_id bytea   NOT NULL,
    cause       text    NOT NULL,
    before      bytea,
    after       bytea   NOT NULL,
    PRIMARY KEY (batch_id, ordinal)
);

-- What people decided. Append-only.
CREATE TABLE register.decision (
    decision_id text   PRIMARY KEY,
    mismatch_id bytea  NOT NULL,
    batch_id    bigint NOT NULL,
    bytes       bytea  NOT NULL
);
