-- Reports as they were issued, one for each ledger and business day; a later edition names the one that it replaces.
-- Append-only: what was issued stays.
CREATE TABLE report.issued (
    ledger          text        NOT NULL,
    business_day    date        NOT NULL,
    edition         integer     NOT NULL CHECK (edition > 0),
    sequence        bigint      NOT NULL CHECK (sequence >= 0), -- the ledger as known then
    since_sequence  bigint      NOT NULL CHECK (since_sequence BETWEEN 0 AND sequence), -- what became known after it is told
    time_zone       text        NOT NULL,
    cut_off_seconds integer     NOT NULL CHECK (cut_off_seconds >= 0),
    is_provisional  boolean     NOT NULL,
    open_count      bigint      NOT NULL CHECK (open_count >= 0),
    open_msat       numeric(38) NOT NULL CHECK (open_msat >= 0),
    issued_at       timestamptz NOT NULL,
    facts           bytea       NOT NULL,
    facts_digest    bytea       NOT NULL CHECK (facts_digest = sha256(facts)),
    history         bytea       NOT NULL,
    history_digest  bytea       NOT NULL CHECK (history_digest = sha256(history)),
    seal            bytea       NOT NULL,
    seal_digest     bytea       NOT NULL CHECK (seal_digest = sha256(seal)),
    replaces        bytea, -- digest of the seal of the edition before
    PRIMARY KEY (ledger, business_day, edition),
    CHECK ((edition = 1) = (replaces IS NULL))
);

GRANT SELECT, INSERT ON report.issued TO tallystick_writer;
GRANT SELECT ON report.issued TO tallystick_server;

CREATE VIEW audit.reports AS
SELECT ledger, business_day, edition, sequence, since_sequence, time_zone, cut_off_seconds, is_provisional, open_count,
       open_msat, issued_at,
       encode(facts_digest, 'hex') AS facts_digest, encode(history_digest, 'hex') AS history_digest,
       encode(seal_digest, 'hex') AS seal_digest, encode(replaces, 'hex') AS replaces, facts, history, seal
  FROM report.issued;
COMMENT ON VIEW audit.reports IS 'Every report as it was issued; facts, history and seal are JSON in UTF-8, each with its SHA-256';
GRANT SELECT ON audit.reports TO tallystick_auditor, tallystick_server;
