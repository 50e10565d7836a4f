-- Who may sign in at the pages, and who has. None of it is evidence: rows come and go, so they are not sealed.
CREATE SCHEMA web;
COMMENT ON SCHEMA web IS 'People who may sign in at the pages, and their sessions';
GRANT USAGE ON SCHEMA web TO tallystick_server;

CREATE TABLE web.person (
    name       text        PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9._@-]{0,63}$'),
    roles      text[]      NOT NULL CHECK (cardinality(roles) > 0),
    password   text        NOT NULL,
    changed_at timestamptz NOT NULL
);
COMMENT ON COLUMN web.person.name IS 'As decisions are recorded under it';
COMMENT ON COLUMN web.person.password IS 'Argon2id hash in the PHC string format';

CREATE TABLE web.session (
    token_digest bytea       PRIMARY KEY CHECK (octet_length(token_digest) = 32),
    person       text        NOT NULL,
    roles        text[]      NOT NULL CHECK (cardinality(roles) > 0),
    seen_at      timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL
);
CREATE INDEX session_person ON web.session (person);
CREATE INDEX session_ends_at ON web.session (ends_at);
COMMENT ON TABLE web.session IS 'Its token is the browser''s alone. It goes with whatever changes the person';

CREATE TABLE web.sign_in_failure (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name_digest bytea       NOT NULL CHECK (octet_length(name_digest) = 32),
    address     text        NOT NULL,
    at          timestamptz NOT NULL
);
CREATE INDEX sign_in_failure_at ON web.sign_in_failure (at);
COMMENT ON COLUMN web.sign_in_failure.name_digest IS 'SHA-256 of what was typed as the name, which may be a password by mistake';

GRANT SELECT ON web.person TO tallystick_server;
GRANT SELECT, INSERT, DELETE, UPDATE (seen_at) ON web.session TO tallystick_server;
GRANT SELECT, INSERT, DELETE ON web.sign_in_failure TO tallystick_server;
