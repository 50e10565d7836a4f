-- The writer adds; it changes only what is a present state, never what has happened.
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA ledger, register, report TO tallystick_writer;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA ledger TO tallystick_writer;
GRANT UPDATE ON ledger.head, ledger.position, ledger.balance, ledger.item, ledger.coverage, ledger.contribution,
    ledger.dirty_group, ledger.setting, register.mismatch TO tallystick_writer;
GRANT DELETE ON ledger.position, ledger.coverage_pending, ledger.contribution, ledger.dirty_group TO tallystick_writer;

GRANT SELECT ON ALL TABLES IN SCHEMA ledger, register, report, audit TO tallystick_server;
GRANT SELECT ON ledger.evidence TO tallystick_archivist;
GRANT SELECT ON ALL TABLES IN SCHEMA audit TO tallystick_auditor;
