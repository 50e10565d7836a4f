-- What a node says of its balances, in full. Rows from before have none of it; they are not proven.
ALTER TABLE ledger.node_balance
    ADD COLUMN unsettled_incoming_msat bigint,
    ADD COLUMN wallet_locked_msat bigint;
ALTER TABLE ledger.node_channel_balance
    ADD COLUMN num_updates bigint,
    ADD COLUMN pending_htlcs integer;

-- Transactions of wallets that are not confirmed, as they stand now: what explains a wallet's residual is among them.
CREATE TABLE ledger.unconfirmed_transaction (
    node        text     NOT NULL,
    txid        text     NOT NULL,
    change_msat bigint   NOT NULL,
    inputs_msat bigint   NOT NULL CHECK (inputs_msat >= 0), -- known where all inputs are the wallet's; else 0
    outpoints   text[]   NOT NULL,
    PRIMARY KEY (node, txid)
);

-- A node's accounts held against one reading of the node. Append-only.
--
-- How a channel or a total has stood since it last footed, goes from proof to proof: `footed` is the last proof that footed,
-- `failed` the first after it that did not, `drift_msat` what two proofs in a row agreed on, 0 while they have not.
CREATE TABLE ledger.proof (
    node                   text        NOT NULL,
    observed_at            timestamptz NOT NULL,
    batch_id               bigint      NOT NULL,
    sequence               bigint      NOT NULL CHECK (sequence >= 0), -- of the newest batch that it is held against
    is_complete            boolean     NOT NULL,
    channels_msat          bigint      NOT NULL, -- all accounts of its channels, also of those that it does not list
    local_ledger_msat      bigint,
    local_node_msat        bigint,
    local_residual_msat    bigint,
    local_footed_at        timestamptz,
    local_footed_sequence  bigint,
    local_failed_at        timestamptz,
    local_failed_sequence  bigint,
    local_drift_msat       bigint      NOT NULL,
    local_drift_since      timestamptz,
    wallet_ledger_msat     bigint      NOT NULL,
    wallet_node_msat       bigint      NOT NULL,
    wallet_residual_msat   bigint      NOT NULL,
    wallet_explanation     text        NOT NULL,
    wallet_footed_at       timestamptz,
    wallet_footed_sequence bigint,
    wallet_failed_at       timestamptz,
    wallet_failed_sequence bigint,
    wallet_drift_msat      bigint      NOT NULL,
    wallet_drift_since     timestamptz,
    PRIMARY KEY (node, observed_at),
    CHECK (is_complete = (local_ledger_msat IS NOT NULL)),
    CHECK (local_residual_msat = local_ledger_msat - local_node_msat),
    CHECK (wallet_residual_msat = wallet_ledger_msat - wallet_node_msat),
    CHECK ((local_drift_msat = 0) = (local_drift_since IS NULL)),
    CHECK ((wallet_drift_msat = 0) = (wallet_drift_since IS NULL))
);

CREATE TABLE ledger.proof_channel (
    node            text        NOT NULL,
    observed_at     timestamptz NOT NULL,
    channel_point   text        NOT NULL,
    ledger_msat     bigint      NOT NULL,
    low_msat        bigint      NOT NULL,
    high_msat       bigint      NOT NULL CHECK (low_msat <= high_msat),
    residual_msat   bigint, -- NULL when it could not be told
    is_quiet        boolean     NOT NULL,
    num_updates     bigint      NOT NULL,
    explanation     text        NOT NULL, -- why it could not be told
    footed_at       timestamptz,
    footed_sequence bigint,
    failed_at       timestamptz,
    failed_sequence bigint,
    drift_msat      bigint      NOT NULL,
    drift_since     timestamptz,
    PRIMARY KEY (node, observed_at, channel_point),
    FOREIGN KEY (node, observed_at) REFERENCES ledger.proof,
    CHECK ((residual_msat IS NULL) = (explanation <> '')),
    CHECK ((drift_msat = 0) = (drift_since IS NULL))
);

GRANT SELECT, INSERT ON ledger.proof, ledger.proof_channel TO tallystick_writer;
GRANT SELECT, INSERT, UPDATE, DELETE ON ledger.unconfirmed_transaction TO tallystick_writer;
GRANT SELECT ON ledger.proof, ledger.proof_channel, ledger.unconfirmed_transaction TO tallystick_server;

CREATE VIEW audit.proofs AS
SELECT batch.sequence, batch.decided_at, proof.node, proof.observed_at, proof.sequence AS held_against, line.subject,
       line.ledger_msat, line.node_low_msat, line.node_high_msat, line.residual_msat, line.explanation, line.footed_at,
       line.failed_at, line.drift_msat, line.drift_since
  FROM ledger.proof
  JOIN ledger.batch USING (batch_id)
  CROSS JOIN LATERAL (
        SELECT 'channels' AS subject, local_ledger_msat AS ledger_msat, local_node_msat AS node_low_msat,
               local_node_msat AS node_high_msat, local_residual_msat AS residual_msat,
               CASE WHEN is_complete THEN '' ELSE 'not every channel could be told' END AS explanation,
               local_footed_at AS footed_at, local_failed_at AS failed_at, local_drift_msat AS drift_msat,
               local_drift_since AS drift_since
         UNION ALL
        SELECT 'wallet', wallet_ledger_msat, wallet_node_msat, wallet_node_msat, wallet_residual_msat, wallet_explanation,
               wallet_footed_at, wallet_failed_at, wallet_drift_msat, wallet_drift_since
         UNION ALL
        SELECT 'channel:' || channel_point, ledger_msat, low_msat, high_msat, residual_msat, explanation, footed_at, failed_at,
               drift_msat, drift_since
          FROM ledger.proof_channel AS channel
         WHERE channel.node = proof.node AND channel.observed_at = proof.observed_at) AS line;
COMMENT ON VIEW audit.proofs IS 'Every comparison of the ledger with what a node says of its channels and its wallet. Unit: msat';
GRANT SELECT ON audit.proofs TO tallystick_auditor, tallystick_server;
