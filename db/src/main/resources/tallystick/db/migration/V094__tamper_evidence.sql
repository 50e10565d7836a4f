-- Tamper evidence: the digest of every row that comes or goes is noted, and each batch seals what was noted since the one before.

ALTER TABLE ledger.batch ADD COLUMN format smallint NOT NULL DEFAULT 0 CHECK (format IN (0, 1));
COMMENT ON COLUMN ledger.batch.format IS '0: the digest is over some of the rows and can no longer be computed. 1: it is the root of a Merkle tree over what the batch sealed';

ALTER TABLE ledger.head
    ADD COLUMN sealed bigint NOT NULL DEFAULT 0 CHECK (sealed >= 0),
    ADD COLUMN peaks  bytea  NOT NULL DEFAULT '';
COMMENT ON COLUMN ledger.head.sealed IS 'How many batches sealed their rows';
COMMENT ON COLUMN ledger.head.peaks IS 'Roots of the full parts of the tree over those batches, the largest first, 32 bytes each';

CREATE TABLE ledger.row_change (
    id       bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch_id bigint, -- that sealed it; NULL until then
    relation text    NOT NULL,
    is_ours  boolean NOT NULL,
    removed  bytea   NOT NULL CHECK (octet_length(removed) % 32 = 0),
    added    bytea   NOT NULL CHECK (octet_length(added) % 32 = 0)
);
COMMENT ON TABLE ledger.row_change IS 'Rows that a statement took away and added, as their SHA-256 digests one after the other. An update does both';
COMMENT ON COLUMN ledger.row_change.is_ours IS 'Written by the program or a migration; false when somebody changed rows by hand';
ALTER TABLE ledger.row_change ALTER COLUMN removed SET STORAGE EXTERNAL, ALTER COLUMN added SET STORAGE EXTERNAL;
CREATE INDEX row_change_not_sealed ON ledger.row_change (id) WHERE batch_id IS NULL;
GRANT SELECT, INSERT, UPDATE (batch_id) ON ledger.row_change TO tallystick_writer;
GRANT SELECT ON ledger.row_change TO tallystick_server;

CREATE TABLE ledger.sealed_table (
    relation    text    PRIMARY KEY,
    is_appended boolean NOT NULL
);
COMMENT ON TABLE ledger.sealed_table IS 'Tables whose rows are noted as they come and go; of those that are appended to, none may ever go';
GRANT SELECT ON ledger.sealed_table TO tallystick_writer, tallystick_server;

CREATE FUNCTION ledger.note_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    gone bytea := '';
    come bytea := '';
BEGIN
    IF TG_OP <> 'INSERT' THEN
        SELECT coalesce(string_agg(sha256(record_send(one)), ''), '') INTO gone FROM old_rows AS one;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        SELECT coalesce(string_agg(sha256(record_send(one)), ''), '') INTO come FROM new_rows AS one;
    END IF;
    IF gone <> come THEN
        INSERT INTO ledger.row_change (relation, is_ours, removed, added)
        VALUES (TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, current_setting('tallystick.writes', true) IS NOT DISTINCT FROM 'on',
                gone, come);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION ledger.note_rows IS 'A row''s digest is SHA-256 over its binary form, as record_send gives it';

-- For every table, in the migration that creates it. What is in it already, is noted as it stands.
CREATE FUNCTION ledger.seal_table(relation regclass, is_appended boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    full_name text := (SELECT nspname || '.' || relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
                        WHERE pg_class.oid = relation);
BEGIN
    EXECUTE format('CREATE TRIGGER note_insert AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION ledger.note_rows()', relation);
    EXECUTE format('CREATE TRIGGER note_update AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION ledger.note_rows()', relation);
    EXECUTE format('CREATE TRIGGER note_delete AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows
                    FOR EACH STATEMENT EXECUTE FUNCTION ledger.note_rows()', relation);
    EXECUTE format('INSERT INTO ledger.row_change (relation, is_ours, removed, added)
                    SELECT %L, true, '''', string_agg(digest, '''')
                      FROM (SELECT sha256(record_send(one)) AS digest, (row_number() OVER () - 1) / 4096 AS part FROM %s AS one) AS all_rows
                     GROUP BY part ORDER BY part', full_name, relation);
    PERFORM set_config('tallystick.writes', 'on', true);
    INSERT INTO ledger.sealed_table VALUES (full_name, is_appended);
    PERFORM set_config('tallystick.writes', '', true);
END $$;
COMMENT ON FUNCTION ledger.seal_table IS 'Has the rows of a table noted from now on';
REVOKE EXECUTE ON FUNCTION ledger.seal_table FROM PUBLIC;

DO $$
BEGIN
    PERFORM ledger.seal_table(name::regclass, true)
      FROM unnest(ARRAY['ledger.sealed_table', 'ledger.account', 'ledger.batch', 'ledger.chain_spend', 'ledger.channel_alias',
                        'ledger.channel_end', 'ledger.coverage_known', 'ledger.day_delta', 'ledger.ended_account', 'ledger.evidence_chunk',
                        'ledger.height_seen', 'ledger.node_balance', 'ledger.node_channel_balance', 'ledger.node_opening',
                        'ledger.proof', 'ledger.proof_channel', 'ledger.quarantine', 'ledger.redrive', 'ledger.restoration',
                        'ledger.restoration_end', 'ledger.transfer_chunk', 'register.change', 'register.decision',
                        'register.rule_activation', 'register.rule_set', 'report.issued']) AS name;
    PERFORM ledger.seal_table(name::regclass, false)
      FROM unnest(ARRAY['ledger.balance', 'ledger.contribution', 'ledger.coverage', 'ledger.coverage_gap', 'ledger.coverage_pending',
                        'ledger.dirty_group', 'ledger.due', 'ledger.height_due', 'ledger.item_row', 'ledger.position',
                        'ledger.redecision', 'ledger.setting', 'ledger.unconfirmed_transaction', 'register.mismatch',
                        'register.relay_place']) AS name;
END $$;
