-- Who noted these items: a number that a worker draws for what it remembers. It need not look up what it remembers to wait no
-- more. 0 is nobody's; what is noted under it is always looked up.
ALTER TABLE ledger.due ADD COLUMN noted_by bigint NOT NULL DEFAULT 0;
