-- What people wrote (memos, orders) lies beside the evidence that holds it, so that it can be erased. Sealed is a commitment to it.

-- Of each chunk of evidence with such texts one row. Element n of each array is of one record.
CREATE TABLE ledger.evidence_text (
    batch_id      bigint     NOT NULL,
    first_ordinal integer    NOT NULL, -- of the chunk
    numbers       smallint[] NOT NULL, -- of the records within the chunk, from 1
    places        bytea[]    NOT NULL, -- where texts stood in the record: int32 offset, int32 length, and so on
    texts         bytea[]    NOT NULL, -- 16 bytes of salt, then the texts, one after the other; NULL once they are erased
    digests       bytea[],             -- of salt and texts, SHA-256, where they are erased; else NULL
    PRIMARY KEY (batch_id, first_ordinal)
) WITH (toast_tuple_target = 8160);
COMMENT ON TABLE ledger.evidence_text IS 'What people wrote, out of the bytes of evidence; the only part of evidence that can be erased. evidence_commitment seals it';
ALTER TABLE ledger.evidence_text
    ALTER COLUMN numbers SET STATISTICS 0,
    ALTER COLUMN places SET STATISTICS 0,
    ALTER COLUMN texts SET STATISTICS 0,
    ALTER COLUMN texts SET STORAGE EXTERNAL,
    ALTER COLUMN digests SET STATISTICS 0;
GRANT SELECT, INSERT, UPDATE (texts, digests) ON ledger.evidence_text TO tallystick_writer;
GRANT SELECT ON ledger.evidence_text TO tallystick_server;

CREATE TABLE ledger.evidence_commitment (
    batch_id bigint PRIMARY KEY,
    digest   bytea  NOT NULL CHECK (octet_length(digest) = 32)
);
COMMENT ON TABLE ledger.evidence_commitment IS 'Of each batch with texts: SHA-256 over each in its order: int32 ordinal, int32 length of its places, the places, SHA-256 of salt and texts. The same before and after they are erased';
GRANT SELECT, INSERT ON ledger.evidence_commitment TO tallystick_writer;
GRANT SELECT ON ledger.evidence_commitment TO tallystick_server;
SELECT ledger.seal_table('ledger.evidence_commitment', true);

-- A record's bytes with its texts in their places; with as many asterisks where they are erased.
CREATE FUNCTION ledger.with_texts(bytes bytea, places bytea, texts bytea) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    whole bytea := '';
    taken integer := 0;
    used  integer := 16;
    start integer;
    width integer;
BEGIN
    FOR at IN 0 .. octet_length(places) - 8 BY 8 LOOP
        start := ('x' || encode(substring(places FROM at + 1 FOR 4), 'hex'))::bit(32)::integer;
        width := ('x' || encode(substring(places FROM at + 5 FOR 4), 'hex'))::bit(32)::integer;
        start := start - octet_length(whole);
        whole := whole || substring(bytes FROM taken + 1 FOR start)
                       || COALESCE(substring(texts FROM used + 1 FOR width), convert_to(repeat('*', width), 'UTF8'));
        taken := taken + start;
        used := used + width;
    END LOOP;
    RETURN whole || substring(bytes FROM taken + 1);
END
$$;

CREATE OR REPLACE VIEW ledger.evidence AS
SELECT chunk.batch_id, chunk.first_ordinal + one.n::integer - 1 AS ordinal, one.item_key,
       chunk.topics[chunk.topic_numbers[one.n]] AS topic, chunk.partition_numbers[one.n] AS partition_number,
       chunk.record_offsets[one.n] AS record_offset, chunk.nodes[chunk.node_numbers[one.n]] AS node,
       chunk.observed_at[one.n] AS observed_at,
       CASE WHEN text.place IS NULL THEN sha256(chunk.bytes[one.n])
            WHEN text.texts[text.place] IS NOT NULL
            THEN sha256(ledger.with_texts(chunk.bytes[one.n], text.places[text.place], text.texts[text.place])) END AS digest,
       CASE WHEN text.place IS NULL THEN chunk.bytes[one.n]
            ELSE ledger.with_texts(chunk.bytes[one.n], text.places[text.place], text.texts[text.place]) END AS bytes,
       chunk.first_key, chunk.last_key,
       text.place IS NOT NULL AS has_texts, text.place IS NOT NULL AND text.texts[text.place] IS NULL AS is_erased
  FROM ledger.evidence_chunk AS chunk
  CROSS JOIN unnest(chunk.item_keys) WITH ORDINALITY AS one (item_key, n)
  LEFT JOIN ledger.evidence_text AS whole USING (batch_id, first_ordinal)
  CROSS JOIN LATERAL (SELECT array_position(whole.numbers, one.n::smallint) AS place, whole.places, whole.texts) AS text;

CREATE OR REPLACE VIEW audit.evidence AS
SELECT batch.sequence, evidence.ordinal, item.key_text AS item, evidence.topic, evidence.partition_number,
       evidence.record_offset, evidence.node, evidence.observed_at, evidence.digest, evidence.bytes,
       encode(item.item_key, 'hex') AS item_key,
       CASE audit.record_type(evidence.topic) WHEN 'tallystick.v1.BookEntry' THEN 'BOOKS' WHEN 'tallystick.v1.Decision' THEN 'PEOPLE' ELSE 'NODE' END AS half,
       audit.decoded(audit.record_type(evidence.topic), evidence.bytes) AS record, evidence.is_erased
  FROM ledger.item
  JOIN ledger.evidence ON evidence.batch_id = ANY (item.batch_ids) AND evidence.item_key = item.item_key
                      AND item.item_key BETWEEN evidence.first_key AND evidence.last_key
  JOIN ledger.batch ON batch.batch_id = evidence.batch_id;
COMMENT ON VIEW audit.evidence IS 'Every record that changed an item: the bytes as they came, and what they say; half is who said it. Where is_erased, what people wrote was erased: asterisks stand for it, and the digest is NULL';

-- Values of an enum by number; NULL where the name is of no enum.
CREATE OR REPLACE FUNCTION audit.enum_values(enum text) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE enum
        WHEN 'lnrpc.ChannelCloseSummary.ClosureType' THEN '{"0": "COOPERATIVE_CLOSE", "1": "LOCAL_FORCE_CLOSE",
            "2": "REMOTE_FORCE_CLOSE", "3": "BREACH_CLOSE", "4": "FUNDING_CANCELED", "5": "ABANDONED"}'
        WHEN 'lnrpc.ChannelEventUpdate.UpdateType' THEN '{"0": "OPEN_CHANNEL", "1": "CLOSED_CHANNEL",
            "2": "ACTIVE_CHANNEL", "3": "INACTIVE_CHANNEL", "4": "PENDING_OPEN_CHANNEL",
            "5": "FULLY_RESOLVED_CHANNEL", "6": "CHANNEL_FUNDING_TIMEOUT", "7": "CHANNEL_UPDATE"}'
        WHEN 'lnrpc.CommitmentType' THEN '{"0": "UNKNOWN_COMMITMENT_TYPE", "1": "LEGACY", "2": "STATIC_REMOTE_KEY",
            "3": "ANCHORS", "4": "SCRIPT_ENFORCED_LEASE", "5": "SIMPLE_TAPROOT", "6": "SIMPLE_TAPROOT_OVERLAY",
            "7": "TAPROOT"}'
        WHEN 'lnrpc.Failure.FailureCode' THEN '{"0": "RESERVED", "1": "INCORRECT_OR_UNKNOWN_PAYMENT_DETAILS",
            "2": "INCORRECT_PAYMENT_AMOUNT", "3": "FINAL_INCORRECT_CLTV_EXPIRY", "4": "FINAL_INCORRECT_HTLC_AMOUNT",
            "5": "FINAL_EXPIRY_TOO_SOON", "6": "INVALID_REALM", "7": "EXPIRY_TOO_SOON",
            "8": "INVALID_ONION_VERSION", "9": "INVALID_ONION_HMAC", "10": "INVALID_ONION_KEY",
            "11": "AMOUNT_BELOW_MINIMUM", "12": "FEE_INSUFFICIENT", "13": "INCORRECT_CLTV_EXPIRY",
            "14": "CHANNEL_DISABLED", "15": "TEMPORARY_CHANNEL_FAILURE", "16": "REQUIRED_NODE_FEATURE_MISSING",
            "17": "REQUIRED_CHANNEL_FEATURE_MISSING", "18": "UNKNOWN_NEXT_PEER", "19": "TEMPORARY_NODE_FAILURE",
            "20": "PERMANENT_NODE_FAILURE", "21": "PERMANENT_CHANNEL_FAILURE", "22": "EXPIRY_TOO_FAR",
            "23": "MPP_TIMEOUT", "24": "INVALID_ONION_PAYLOAD", "25": "INVALID_ONION_BLINDING",
            "997": "INTERNAL_FAILURE", "998": "UNKNOWN_FAILURE", "999": "UNREADABLE_FAILURE"}'
        WHEN 'lnrpc.GraphCacheStatus' THEN '{"0": "GRAPH_CACHE_STATUS_DISABLED", "1": "GRAPH_CACHE_STATUS_LOADING",
            "2": "GRAPH_CACHE_STATUS_LOADED", "3": "GRAPH_CACHE_STATUS_FAILED"}'
        WHEN 'lnrpc.HTLCAttempt.HTLCStatus' THEN '{"0": "IN_FLIGHT", "1": "SUCCEEDED", "2": "FAILED"}'
        WHEN 'lnrpc.Initiator' THEN '{"0": "INITIATOR_UNKNOWN", "1": "INITIATOR_LOCAL", "2": "INITIATOR_REMOTE",
            "3": "INITIATOR_BOTH"}'
        WHEN 'lnrpc.Invoice.InvoiceState' THEN '{"0": "OPEN", "1": "SETTLED", "2": "CANCELED", "3": "ACCEPTED"}'
        WHEN 'lnrpc.InvoiceHTLCState' THEN '{"0": "ACCEPTED", "1": "SETTLED", "2": "CANCELED"}'
        WHEN 'lnrpc.OutputScriptType' THEN '{"0": "SCRIPT_TYPE_PUBKEY_HASH", "1": "SCRIPT_TYPE_SCRIPT_HASH",
            "2": "SCRIPT_TYPE_WITNESS_V0_PUBKEY_HASH", "3": "SCRIPT_TYPE_WITNESS_V0_SCRIPT_HASH",
            "4": "SCRIPT_TYPE_PUBKEY", "5": "SCRIPT_TYPE_MULTISIG", "6": "SCRIPT_TYPE_NULLDATA",
            "7": "SCRIPT_TYPE_NON_STANDARD", "8": "SCRIPT_TYPE_WITNESS_UNKNOWN",
            "9": "SCRIPT_TYPE_WITNESS_V1_TAPROOT"}'
        WHEN 'lnrpc.Payment.PaymentStatus' THEN '{"0": "UNKNOWN", "1": "IN_FLIGHT", "2": "SUCCEEDED", "3": "FAILED",
            "4": "INITIATED"}'
        WHEN 'lnrpc.PaymentFailureReason' THEN '{"0": "FAILURE_REASON_NONE", "1": "FAILURE_REASON_TIMEOUT",
            "2": "FAILURE_REASON_NO_ROUTE", "3": "FAILURE_REASON_ERROR",
            "4": "FAILURE_REASON_INCORRECT_PAYMENT_DETAILS", "5": "FAILURE_REASON_INSUFFICIENT_BALANCE",
            "6": "FAILURE_REASON_CANCELED"}'
        WHEN 'lnrpc.PendingChannelsResponse.ForceClosedChannel.AnchorState' THEN '{"0": "LIMBO", "1": "RECOVERED",
            "2": "LOST"}'
        WHEN 'lnrpc.ResolutionOutcome' THEN '{"0": "OUTCOME_UNKNOWN", "1": "CLAIMED", "2": "UNCLAIMED",
            "3": "ABANDONED", "4": "FIRST_STAGE", "5": "TIMEOUT"}'
        WHEN 'lnrpc.ResolutionType' THEN '{"0": "TYPE_UNKNOWN", "1": "ANCHOR", "2": "INCOMING_HTLC",
            "3": "OUTGOING_HTLC", "4": "COMMIT"}'
        WHEN 'lnrpc.WalletState' THEN '{"0": "NON_EXISTING", "1": "LOCKED", "2": "UNLOCKED", "3": "RPC_ACTIVE",
            "4": "SERVER_ACTIVE", "255": "WAITING_TO_START"}'
        WHEN 'tallystick.v1.ChannelState' THEN '{"0": "CHANNEL_STATE_UNSPECIFIED",
            "1": "CHANNEL_STATE_PENDING_OPEN", "2": "CHANNEL_STATE_OPEN", "3": "CHANNEL_STATE_CLOSING",
            "4": "CHANNEL_STATE_FORCE_CLOSING", "5": "CHANNEL_STATE_CLOSED", "6": "CHANNEL_STATE_OPEN_FAILED"}'
        WHEN 'tallystick.v1.CoverageGap.Kind' THEN '{"0": "KIND_UNSPECIFIED", "1": "KIND_ADD_INDEX",
            "2": "KIND_SETTLE_INDEX"}'
        WHEN 'tallystick.v1.CoverageGap.State' THEN '{"0": "STATE_UNSPECIFIED", "1": "STATE_UNPROVEN",
            "2": "STATE_CLOSED", "3": "STATE_EMPTY"}'
        WHEN 'tallystick.v1.DecisionKind' THEN '{"0": "DECISION_KIND_UNSPECIFIED", "1": "DECISION_KIND_RESOLVE",
            "2": "DECISION_KIND_IGNORE", "3": "DECISION_KIND_ADJUST", "4": "DECISION_KIND_COMMENT",
            "5": "DECISION_KIND_ASSIGN", "6": "DECISION_KIND_APPROVE", "7": "DECISION_KIND_CONFIRM_MATCH",
            "8": "DECISION_KIND_SIGN", "9": "DECISION_KIND_ERASE"}'
        WHEN 'tallystick.v1.EntryKind' THEN '{"0": "ENTRY_KIND_UNSPECIFIED", "1": "ENTRY_KIND_RECEIPT",
            "2": "ENTRY_KIND_PAYMENT", "3": "ENTRY_KIND_ROUTING_FEE", "4": "ENTRY_KIND_ROUTING_INCOME",
            "5": "ENTRY_KIND_REBALANCE_FEE", "6": "ENTRY_KIND_HOLD", "7": "ENTRY_KIND_HOLD_RELEASE",
            "8": "ENTRY_KIND_CHAIN_RECEIPT", "9": "ENTRY_KIND_CHAIN_PAYMENT", "10": "ENTRY_KIND_CHAIN_FEE",
            "11": "ENTRY_KIND_CHANNEL_OPEN", "12": "ENTRY_KIND_CHANNEL_CLOSE", "13": "ENTRY_KIND_ADJUSTMENT_IN",
            "14": "ENTRY_KIND_ADJUSTMENT_OUT", "15": "ENTRY_KIND_REVERSAL"}'
        WHEN 'tallystick.v1.HtlcState' THEN '{"0": "HTLC_STATE_UNSPECIFIED", "1": "HTLC_STATE_IN_FLIGHT",
            "2": "HTLC_STATE_SETTLED", "3": "HTLC_STATE_FAILED"}'
        WHEN 'tallystick.v1.Initiator' THEN '{"0": "INITIATOR_UNSPECIFIED", "1": "INITIATOR_LOCAL",
            "2": "INITIATOR_REMOTE", "3": "INITIATOR_BOTH"}'
        WHEN 'tallystick.v1.MismatchState' THEN '{"0": "MISMATCH_STATE_UNSPECIFIED", "1": "MISMATCH_STATE_OPEN",
            "2": "MISMATCH_STATE_CLOSED", "3": "MISMATCH_STATE_RESOLVED", "4": "MISMATCH_STATE_IGNORED"}'
        WHEN 'tallystick.v1.PaymentState' THEN '{"0": "PAYMENT_STATE_UNSPECIFIED", "1": "PAYMENT_STATE_INITIATED",
            "2": "PAYMENT_STATE_IN_FLIGHT", "3": "PAYMENT_STATE_SUCCEEDED", "4": "PAYMENT_STATE_FAILED"}'
        WHEN 'tallystick.v1.ReceiptState' THEN '{"0": "RECEIPT_STATE_UNSPECIFIED", "1": "RECEIPT_STATE_OPEN",
            "2": "RECEIPT_STATE_ACCEPTED", "3": "RECEIPT_STATE_SETTLED", "4": "RECEIPT_STATE_CANCELED"}'
        WHEN 'tallystick.v1.Severity' THEN '{"0": "SEVERITY_UNSPECIFIED", "1": "SEVERITY_INFORMATION",
            "2": "SEVERITY_LOW", "3": "SEVERITY_MEDIUM", "4": "SEVERITY_HIGH", "5": "SEVERITY_CRITICAL"}'
        WHEN 'tallystick.v1.Source' THEN '{"0": "SOURCE_UNSPECIFIED", "1": "SOURCE_STREAM", "2": "SOURCE_BACKFILL",
            "3": "SOURCE_SWEEP"}'
        WHEN 'tallystick.v1.Stream' THEN '{"0": "STREAM_UNSPECIFIED", "1": "STREAM_INVOICES",
            "2": "STREAM_PAYMENTS", "3": "STREAM_CHANNELS", "4": "STREAM_FORWARDS", "5": "STREAM_CHAIN",
            "6": "STREAM_BALANCES"}'
    END::jsonb;

CREATE VIEW audit.erasures AS
SELECT batch.sequence, item.key_text AS item, decision.decision_id, said.decision ->> 'person' AS person,
       said.decision ->> 'reason' AS reason,
       to_timestamp(((said.decision ->> 'decided_at_ns')::numeric / 1000000000)::double precision) AS decided_at,
       (SELECT count(*) FROM ledger.evidence
         WHERE evidence.batch_id = ANY (item.batch_ids) AND evidence.item_key = item.item_key
           AND item.item_key BETWEEN evidence.first_key AND evidence.last_key AND evidence.is_erased) AS records
  FROM register.decision
  JOIN ledger.item ON item.item_key = decision.mismatch_id
  JOIN ledger.batch ON batch.batch_id = decision.batch_id
  CROSS JOIN LATERAL (SELECT audit.decoded('tallystick.v1.Decision', decision.bytes) AS decision) AS said
 WHERE said.decision ->> 'kind' = 'DECISION_KIND_ERASE';
COMMENT ON VIEW audit.erasures IS 'Whose texts were erased, by whom, when and why, at which ledger sequence it took effect; records is how many pieces of evidence lost their texts';
GRANT SELECT ON audit.erasures TO tallystick_auditor, tallystick_server;
