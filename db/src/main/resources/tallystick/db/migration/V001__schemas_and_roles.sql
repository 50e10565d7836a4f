-- Schemas by reader, roles by what they may do. Roles belong to the cluster, not to the database, so they may be there already.
CREATE SCHEMA ledger;
CREATE SCHEMA register;
CREATE SCHEMA report;
CREATE SCHEMA audit;

DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['tallystick_writer', 'tallystick_archivist', 'tallystick_server', 'tallystick_auditor']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- Another database of this cluster made it at the same moment.
            END;
        END IF;
    END LOOP;
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA ledger, register, report TO tallystick_writer, tallystick_server;
GRANT USAGE ON SCHEMA ledger TO tallystick_archivist;
GRANT USAGE ON SCHEMA audit TO tallystick_auditor, tallystick_server;

COMMENT ON SCHEMA ledger IS 'Accounts, transfers, items and the evidence they rest on';
COMMENT ON SCHEMA register IS 'Mismatches and every change of them';
COMMENT ON SCHEMA report IS 'Issued reports';
COMMENT ON SCHEMA audit IS 'Documented, stable views for auditors';
