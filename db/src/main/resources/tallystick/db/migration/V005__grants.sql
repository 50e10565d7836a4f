-- The writer adds; it changes only what is a present state, never what has happened.
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA ledger, register, report TO tallystick_writer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA ledger TO tallystick_writer;
GRANT UPDATE ON ledger.head, ledger.position, ledger.balance, ledger.item, ledger.coverage, ledger.contribution,
    ledger.dirty_group, ledger.setting, register.mismatch TO tallystick_writer;
GRANT DELETE ON ledger.position, ledger.coverage_pending, ledger.contribution, ledger.dirty_group, ledger.due TO tallystick_writer;

GRANT SELECT ON ALL TABLES IN SCHEMA ledger, register, report, audit TO tallystick_server;
GRANT SELECT ON ledger.evidence TO tallystick_archivist;
GRANT SELECT ON ALL TABLES IN SCHEMA audit TO tallystick_auditor;

-- Each part of the program connects as the owner and takes the role of its part. A superuser may do so without being a member.
DO $$
DECLARE
    role_name text;
BEGIN
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        RETURN;
    END IF;
    FOREACH role_name IN ARRAY ARRAY['tallystick_writer', 'tallystick_server', 'tallystick_auditor']
    LOOP
        BEGIN
            EXECUTE format('GRANT %I TO CURRENT_USER', role_name);
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE NOTICE 'role %: made by another, so grant it to % by hand', role_name, current_user;
        END;
    END LOOP;
END
$$;
