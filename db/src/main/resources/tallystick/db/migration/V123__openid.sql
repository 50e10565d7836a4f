-- People whom an OpenID provider vouches for. They have a name here, and what the provider calls them; roles and password are
-- its own matter. One table for both ways of signing in, so that a name is one person's whatever way he comes.
ALTER TABLE web.person
    ALTER COLUMN roles DROP NOT NULL,
    ALTER COLUMN password DROP NOT NULL,
    ADD COLUMN issuer text,
    ADD COLUMN subject text,
    ADD CONSTRAINT person_way CHECK ((issuer IS NULL) = (subject IS NULL) AND (issuer IS NULL) = (roles IS NOT NULL)
                                     AND (issuer IS NULL) = (password IS NOT NULL)),
    ADD CONSTRAINT person_subject UNIQUE (issuer, subject);
COMMENT ON COLUMN web.person.issuer IS 'Who vouches for the person; NULL with a password';
COMMENT ON COLUMN web.person.subject IS 'What the issuer calls the person, for good';

CREATE TABLE web.used_sign_in (
    state_digest bytea       PRIMARY KEY CHECK (octet_length(state_digest) = 32),
    at           timestamptz NOT NULL
);
CREATE INDEX used_sign_in_at ON web.used_sign_in (at);
COMMENT ON TABLE web.used_sign_in IS 'Sign-ins by an issuer that have come to their end: none does twice';

-- Not a password, nor roles: who has those is the operator's to say.
GRANT INSERT (name, issuer, subject, changed_at) ON web.person TO tallystick_server;
GRANT SELECT, INSERT, DELETE ON web.used_sign_in TO tallystick_server;
