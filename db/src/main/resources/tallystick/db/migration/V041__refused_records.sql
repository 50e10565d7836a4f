-- A record that was refused is an item of its own until it is applied.
ALTER TABLE ledger.item DROP CONSTRAINT item_kind_check;
ALTER TABLE ledger.item ADD CONSTRAINT item_kind_check
    CHECK (kind IN ('payment', 'forward', 'chain', 'channel', 'forwards of a day', 'order', 'record', 'node'));
