-- Why this very change came: the records, as topic-partition@offset, and the person and decision, where it was one.
ALTER TABLE register.change
    ADD COLUMN evidence    text[] NOT NULL DEFAULT '{}',
    ADD COLUMN person      text   NOT NULL DEFAULT '',
    ADD COLUMN decision_id text   NOT NULL DEFAULT '';
