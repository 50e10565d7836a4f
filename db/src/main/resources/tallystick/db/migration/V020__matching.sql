-- Entries without a reference and settlements that nobody booked meet in groups too: one for each key, one for each day.
ALTER TABLE ledger.contribution
    -- Of a payment that nobody booked: an entry may hold its fee or not.
    ADD COLUMN fee_msat bigint NOT NULL DEFAULT 0 CHECK (fee_msat >= 0),
    -- What an entry may be about, for a person to decide.
    ADD COLUMN proposal text;
ALTER TABLE ledger.contribution
    ALTER COLUMN fee_msat DROP DEFAULT;

-- Most of these groups have no entry, and nothing is to be done in them: they must be told from the others at once.
CREATE INDEX contribution_entry ON ledger.contribution (group_name)
    WHERE entry_id <> '' AND (group_name LIKE 'match/%' OR group_name LIKE 'amounts/%');

-- What was decided is taken back when nothing speaks for it any more.
CREATE INDEX contribution_decided ON ledger.contribution (group_name) WHERE decided_for_msat IS NOT NULL;
