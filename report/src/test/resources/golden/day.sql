-- The figures of the report of 2026-11-23, as known at ledger sequence 3, what is new since 2.
-- For the role tallystick_auditor: psql -f this file. Each answer is a table of the report.

\echo 2-balance-bridge: facts.balance_bridge
WITH moved AS (
    SELECT node, CASE WHEN slot_begins < timestamptz '2026-11-22T23:00:00Z' THEN 'opening' ELSE 'movement: ' || name END AS line, place,
           sum(count) AS count, sum(msat) AS msat
      FROM audit.day_deltas
     WHERE subject = 'MOVEMENT' AND sequence <= 3 AND slot_begins < timestamptz '2026-11-23T23:00:00Z'
     GROUP BY 1, 2, 3
    HAVING sum(count) <> 0 OR sum(msat) <> 0
), lines AS (
    SELECT node, line, CASE line WHEN 'opening' THEN 1 ELSE 2 END AS part, place,
           CASE WHEN line <> 'opening' THEN count END AS count, msat FROM moved
     UNION ALL
    SELECT node, 'closing', 3, place, NULL, msat FROM moved
     UNION ALL
    SELECT DISTINCT node, line, part, 'wallet', NULL::numeric, 0
      FROM audit.day_deltas
     CROSS JOIN (VALUES ('opening', 1), ('closing', 3)) AS ends(line, part)
     WHERE subject = 'MOVEMENT' AND sequence <= 3
)
SELECT node, line, sum(count) AS count,
       COALESCE(sum(msat) FILTER (WHERE place <> 'wallet' AND place NOT LIKE 'limbo%'), 0) AS channels_msat,
       COALESCE(sum(msat) FILTER (WHERE place = 'wallet'), 0) AS wallet_msat,
       COALESCE(sum(msat) FILTER (WHERE place LIKE 'limbo%'), 0) AS limbo_msat,
       sum(msat) AS total_msat
  FROM lines
 GROUP BY node, part, line
 ORDER BY node COLLATE "C", part, line COLLATE "C";

\echo 2-by-the-node: facts.balance_bridge.by_the_node
SELECT node, observed_at,
       max(ledger_msat) FILTER (WHERE subject = 'channels') AS channels_ledger_msat,
       max(node_low_msat) FILTER (WHERE subject = 'channels') AS channels_node_msat,
       max(residual_msat) FILTER (WHERE subject = 'channels') AS channels_residual_msat,
       max(ledger_msat) FILTER (WHERE subject = 'wallet') AS wallet_ledger_msat,
       max(node_low_msat) FILTER (WHERE subject = 'wallet') AS wallet_node_msat,
       max(residual_msat) FILTER (WHERE subject = 'wallet') AS wallet_residual_msat
  FROM audit.proofs
  JOIN (SELECT node, max(observed_at) AS observed_at
          FROM audit.proofs
         WHERE sequence <= 3 AND observed_at < timestamptz '2026-11-23T23:00:00Z'
         GROUP BY node) AS newest USING (node, observed_at)
 GROUP BY node, observed_at
 ORDER BY node COLLATE "C";

\echo 3-references: facts.references
SELECT name AS state,
       COALESCE(sum(count) FILTER (WHERE slot_begins >= timestamptz '2026-11-22T23:00:00Z'), 0) AS count_of_the_day,
       COALESCE(sum(msat) FILTER (WHERE slot_begins >= timestamptz '2026-11-22T23:00:00Z'), 0) AS msat_of_the_day,
       sum(count) AS count_to_the_days_end, sum(msat) AS msat_to_the_days_end
  FROM audit.day_deltas
 WHERE subject = 'REFERENCE' AND sequence <= 3 AND slot_begins < timestamptz '2026-11-23T23:00:00Z'
 GROUP BY name
HAVING sum(count) <> 0 OR sum(msat) <> 0 OR sum(count) FILTER (WHERE slot_begins >= timestamptz '2026-11-22T23:00:00Z') <> 0
    OR sum(msat) FILTER (WHERE slot_begins >= timestamptz '2026-11-22T23:00:00Z') <> 0
 ORDER BY name COLLATE "C";

\echo 3-residues: facts.residues
SELECT name AS state,
       COALESCE(sum(count) FILTER (WHERE slot_begins >= timestamptz '2026-11-22T23:00:00Z'), 0) AS count_of_the_day,
       COALESCE(sum(msat) FILTER (WHERE slot_begins >= timestamptz '2026-11-22T23:00:00Z'), 0) AS msat_of_the_day,
       sum(count) AS count_to_the_days_end, sum(msat) AS msat_to_the_days_end
  FROM audit.day_deltas
 WHERE subject = 'RESIDUE' AND sequence <= 3 AND slot_begins < timestamptz '2026-11-23T23:00:00Z'
 GROUP BY name
HAVING sum(count) <> 0 OR sum(msat) <> 0 OR sum(count) FILTER (WHERE slot_begins >= timestamptz '2026-11-22T23:00:00Z') <> 0
    OR sum(msat) FILTER (WHERE slot_begins >= timestamptz '2026-11-22T23:00:00Z') <> 0
 ORDER BY name COLLATE "C";

\echo 4-mismatches: facts.mismatches
WITH stands AS (
    SELECT DISTINCT ON (mismatch_id) mismatch_id AS id, after ->> 'state' AS state,
           replace(after ->> 'severity', 'SEVERITY_', '') AS severity, after ->> 'code' AS code,
           COALESCE(after ->> 'node', '') AS node, after ->> 'reference' AS reference,
           COALESCE((after ->> 'amount_msat')::numeric, 0) AS amount_msat,
           COALESCE((after ->> 'residue_msat')::numeric, 0) AS residue_msat,
           (after ->> 'node_msat')::numeric AS node_msat, (after ->> 'books_msat')::numeric AS books_msat
      FROM audit.mismatch_changes
     WHERE sequence <= 3
     ORDER BY mismatch_id, sequence DESC, ordinal DESC
)
SELECT id, severity, code, node, reference, amount_msat, residue_msat, node_msat, books_msat
  FROM stands
 WHERE state = 'MISMATCH_STATE_OPEN'
 ORDER BY array_position(ARRAY['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATION'], severity), amount_msat DESC,
          code COLLATE "C", reference COLLATE "C", node COLLATE "C";

\echo 4-movements: history.mismatches
WITH changes AS (
    SELECT mismatch_id, sequence, ordinal, before IS NOT NULL AS is_known, after ->> 'state' AS state,
           COALESCE(before ->> 'state' = 'MISMATCH_STATE_OPEN'
                    AND before ->> 'severity' <> 'SEVERITY_INFORMATION', false) AS was_open,
           after ->> 'state' = 'MISMATCH_STATE_OPEN'
                    AND after ->> 'severity' <> 'SEVERITY_INFORMATION' AS is_open,
           COALESCE((before ->> 'amount_msat')::numeric, 0) AS was_msat,
           COALESCE((after ->> 'amount_msat')::numeric, 0) AS is_msat
      FROM audit.mismatch_changes
     WHERE sequence <= 3
), steps AS (
    SELECT CASE WHEN was_open AND is_open THEN 'amount_changed'
                WHEN was_open AND state = 'MISMATCH_STATE_RESOLVED' THEN 'resolved_by_a_person'
                WHEN was_open AND state = 'MISMATCH_STATE_IGNORED' THEN 'ignored'
                WHEN was_open THEN 'closed_by_evidence'
                WHEN is_known THEN 'reopened'
                ELSE 'opened' END AS movement,
           CASE WHEN was_open AND is_open THEN 0 ELSE 1 END AS one,
           CASE WHEN was_open AND is_open THEN is_msat - was_msat WHEN was_open THEN was_msat ELSE is_msat END AS msat
      FROM changes
     WHERE sequence > 2 AND (was_open OR is_open)
     UNION ALL
    SELECT 'carried_over', 1, is_msat
      FROM (SELECT DISTINCT ON (mismatch_id) is_open, is_msat FROM changes WHERE sequence <= 2
             ORDER BY mismatch_id, sequence DESC, ordinal DESC) AS stood
     WHERE is_open
     UNION ALL
    SELECT 'open', 1, is_msat
      FROM (SELECT DISTINCT ON (mismatch_id) is_open, is_msat FROM changes
             ORDER BY mismatch_id, sequence DESC, ordinal DESC) AS stands
     WHERE is_open
)
SELECT movement, COALESCE(sum(one), 0) AS count, COALESCE(sum(msat), 0) AS msat
  FROM unnest(ARRAY['carried_over', 'opened', 'reopened', 'amount_changed', 'closed_by_evidence',
                    'resolved_by_a_person', 'ignored', 'open']) WITH ORDINALITY AS line(movement, place)
  LEFT JOIN steps USING (movement)
 GROUP BY movement, place
 ORDER BY place;

\echo 5-in-flight: facts.in_flight
SELECT node, name AS reference, sum(count) AS parts, sum(msat) AS msat, place AS final_after_height
  FROM audit.day_deltas
 WHERE subject = 'UNDER_WAY' AND sequence <= 3 AND slot_begins < timestamptz '2026-11-23T23:00:00Z'
 GROUP BY node, name, place
HAVING sum(count) <> 0 OR sum(msat) <> 0
 ORDER BY node COLLATE "C", name COLLATE "C", place COLLATE "C";

\echo 6-accounts: facts.accounts
SELECT name AS kind, place AS account, sum(count) AS count, sum(msat) AS msat
  FROM audit.day_deltas
 WHERE subject = 'ACCOUNT' AND sequence <= 3 AND slot_begins >= timestamptz '2026-11-22T23:00:00Z' AND slot_begins < timestamptz '2026-11-23T23:00:00Z'
 GROUP BY node, name, place
HAVING sum(count) <> 0 OR sum(msat) <> 0
 ORDER BY node COLLATE "C", name COLLATE "C", place COLLATE "C";

\echo 6-prior-period: history.prior_period
SELECT node, name AS line, sum(count) AS count,
       COALESCE(sum(msat) FILTER (WHERE place <> 'wallet' AND place NOT LIKE 'limbo%'), 0) AS channels_msat,
       COALESCE(sum(msat) FILTER (WHERE place = 'wallet'), 0) AS wallet_msat,
       COALESCE(sum(msat) FILTER (WHERE place LIKE 'limbo%'), 0) AS limbo_msat,
       sum(msat) AS total_msat
  FROM (SELECT node, name, place, sum(count) AS count, sum(msat) AS msat
          FROM audit.day_deltas
         WHERE subject = 'MOVEMENT' AND sequence > 2 AND sequence <= 3 AND slot_begins < timestamptz '2026-11-22T23:00:00Z'
         GROUP BY node, name, place
        HAVING sum(count) <> 0 OR sum(msat) <> 0) AS late
 GROUP BY node, name
 ORDER BY node COLLATE "C", name COLLATE "C";

\echo 6-prior-period-references: history.prior_period_references
SELECT name AS state, sum(count) AS count, sum(msat) AS msat
  FROM (SELECT node, name, sum(count) AS count, sum(msat) AS msat
          FROM audit.day_deltas
         WHERE subject = 'REFERENCE' AND sequence > 2 AND sequence <= 3 AND slot_begins < timestamptz '2026-11-22T23:00:00Z'
         GROUP BY node, name, place
        HAVING sum(count) <> 0 OR sum(msat) <> 0) AS late
 GROUP BY name
 ORDER BY name COLLATE "C";

\echo 7-fees-and-income: facts.fees_and_income
SELECT node, place,
       COALESCE(sum(count) FILTER (WHERE name = 'income'), 0) AS forwards,
       COALESCE(sum(msat) FILTER (WHERE name = 'income'), 0) AS routing_income_msat,
       COALESCE(sum(msat) FILTER (WHERE name = 'fee'), 0) AS routing_cost_msat,
       COALESCE(sum(msat) FILTER (WHERE name = 'rebalancing fee'), 0) AS rebalancing_msat,
       COALESCE(sum(msat) FILTER (WHERE name = 'open fee'), 0) AS opening_fee_msat,
       COALESCE(sum(msat) FILTER (WHERE name = 'cost'), 0) AS closing_cost_msat
  FROM (SELECT node, place, name, sum(count) AS count, sum(msat) AS msat
          FROM audit.day_deltas
         WHERE subject = 'MOVEMENT' AND name IN ('income', 'fee', 'rebalancing fee', 'open fee', 'cost')
           AND sequence <= 3 AND slot_begins >= timestamptz '2026-11-22T23:00:00Z' AND slot_begins < timestamptz '2026-11-23T23:00:00Z'
         GROUP BY node, place, name
        HAVING sum(count) <> 0 OR sum(msat) <> 0) AS earned
 GROUP BY node, place
 ORDER BY node COLLATE "C", place COLLATE "C";

\echo 8-decisions: history.decisions
SELECT decision_id AS id, replace(decision ->> 'kind', 'DECISION_KIND_', '') AS kind,
       COALESCE(decision ->> 'person', '') AS person, COALESCE(decision ->> 'reason', '') AS reason,
       COALESCE((decision ->> 'adjustment_msat')::numeric, 0) AS adjustment_msat
  FROM audit.decisions
 WHERE sequence > 2 AND sequence <= 3
 ORDER BY sequence, decision_id COLLATE "C";

\echo 9-sums: facts.integrity
WITH sums AS (
    SELECT COALESCE(sum(msat) FILTER (WHERE subject = 'RESIDUE'), 0) AS clearing,
           COALESCE(sum(msat) FILTER (WHERE subject IN ('MOVEMENT', 'ACCOUNT')), 0) AS posted
      FROM audit.day_deltas
     WHERE sequence <= 3
)
SELECT line.sum, line.msat
  FROM sums
 CROSS JOIN LATERAL (VALUES (1, 'clearing', clearing), (2, 'posted', posted), (3, 'unexplained', clearing - posted))
                 AS line(place, sum, msat)
 ORDER BY line.place;

\echo 9-proofs: history.proofs
WITH known AS (
    SELECT node, observed_at, sequence, sum(drift_msat) AS drift_msat,
           max(residual_msat) FILTER (WHERE subject = 'channels') AS channels_msat,
           max(residual_msat) FILTER (WHERE subject = 'wallet') AS wallet_msat,
           bool_or(subject = 'wallet' AND explanation <> '') AS is_explained
      FROM audit.proofs
     WHERE sequence <= 3 AND observed_at < timestamptz '2026-11-23T23:00:00Z' AND subject IN ('channels', 'wallet')
     GROUP BY node, observed_at, sequence
)
SELECT node, count(*) FILTER (WHERE sequence > 2) AS made,
       count(*) FILTER (WHERE sequence > 2 AND channels_msat = 0 AND wallet_msat = 0) AS footed,
       (array_agg(drift_msat ORDER BY observed_at DESC))[1] AS drift_msat,
       count(*) FILTER (WHERE sequence > 2 AND channels_msat = 0 AND wallet_msat <> 0 AND is_explained) AS explained,
       count(*) FILTER (WHERE sequence > 2 AND channels_msat IS NULL AND (wallet_msat = 0 OR is_explained))
           AS incomplete
  FROM known
 GROUP BY node
 ORDER BY node COLLATE "C";
