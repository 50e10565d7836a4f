-- What spends what at each node's wallet. A txid stands for its inputs, so nothing of this ever changes. Append-only.
CREATE TABLE ledger.chain_spend (
    node       text    NOT NULL,
    prev_txid  text    NOT NULL,
    prev_index bigint  NOT NULL CHECK (prev_index BETWEEN 0 AND 4294967295),
    txid       text    NOT NULL,
    is_ours    boolean NOT NULL, -- what is spent was the wallet's own
    PRIMARY KEY (node, prev_txid, prev_index, txid)
);

-- Which transactions were told of as closing which channel. Append-only.
CREATE TABLE ledger.channel_end (
    node          text NOT NULL,
    txid          text NOT NULL,
    channel_point text NOT NULL,
    PRIMARY KEY (node, txid, channel_point)
);

-- Accounts of channels that have ended: what is posted to one of them later makes its group dirty, so that it goes to limbo.
-- Append-only.
CREATE TABLE ledger.ended_account (
    account_id bigint NOT NULL PRIMARY KEY,
    group_name text   NOT NULL
);

GRANT SELECT, INSERT ON ledger.chain_spend, ledger.channel_end, ledger.ended_account TO tallystick_writer;
GRANT SELECT ON ledger.chain_spend, ledger.channel_end, ledger.ended_account TO tallystick_server;
