-- How far the items of a partition number were decided again under the rules that hold now, in pages of ledger.item.
CREATE TABLE ledger.redecision (
    partition_number integer PRIMARY KEY,
    version          integer NOT NULL,
    filenode         bigint  NOT NULL, -- of the pages; when they are rewritten they are counted anew
    next_page        bigint  NOT NULL CHECK (next_page >= 0),
    end_page         bigint  NOT NULL  -- what was added later was decided under the new rules
);
GRANT SELECT, INSERT, UPDATE ON ledger.redecision TO tallystick_writer;
GRANT SELECT ON ledger.redecision TO tallystick_server;
