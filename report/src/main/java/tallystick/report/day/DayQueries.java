package tallystick.report.day;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The queries that give a report's figures, for an auditor to run: one for each table of figures, over the views of the schema
/// `audit` alone. The columns of an answer are columns of the table, its rows the table's rows in the same order.
final class DayQueries {
    private static final String BALANCE_BRIDGE =
            """
            WITH moved AS (
                SELECT node, CASE WHEN slot_begins < :from THEN 'opening' ELSE 'movement: ' || name END AS line, place,
                       sum(count) AS count, sum(msat) AS msat
                  FROM audit.day_deltas
                 WHERE subject = 'MOVEMENT' AND sequence <= :sequence AND slot_begins < :to
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
                 WHERE subject = 'MOVEMENT' AND sequence <= :sequence
            )
            SELECT node, line, sum(count) AS count,
                   COALESCE(sum(msat) FILTER (WHERE place <> 'wallet' AND place NOT LIKE 'limbo%'), 0) AS channels_msat,
                   COALESCE(sum(msat) FILTER (WHERE place = 'wallet'), 0) AS wallet_msat,
                   COALESCE(sum(msat) FILTER (WHERE place LIKE 'limbo%'), 0) AS limbo_msat,
                   sum(msat) AS total_msat
              FROM lines
             GROUP BY node, part, line
             ORDER BY node COLLATE "C", part, line COLLATE "C"
            """;

    private static final String BY_THE_NODE =
            """
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
                     WHERE sequence <= :sequence AND observed_at < :to
                     GROUP BY node) AS newest USING (node, observed_at)
             GROUP BY node, observed_at
             ORDER BY node COLLATE "C"
            """;

    private static final String STATES =
            """
            SELECT name AS state,
                   COALESCE(sum(count) FILTER (WHERE slot_begins >= :from), 0) AS count_of_the_day,
                   COALESCE(sum(msat) FILTER (WHERE slot_begins >= :from), 0) AS msat_of_the_day,
                   sum(count) AS count_to_the_days_end, sum(msat) AS msat_to_the_days_end
              FROM audit.day_deltas
             WHERE subject = '%s' AND sequence <= :sequence AND slot_begins < :to
             GROUP BY name
            HAVING sum(count) <> 0 OR sum(msat) <> 0 OR sum(count) FILTER (WHERE slot_begins >= :from) <> 0
                OR sum(msat) FILTER (WHERE slot_begins >= :from) <> 0
             ORDER BY name COLLATE "C"
            """;

    private static final String MISMATCHES =
            """
            WITH stands AS (
                SELECT DISTINCT ON (mismatch_id) mismatch_id AS id, after ->> 'state' AS state,
                       replace(after ->> 'severity', 'SEVERITY_', '') AS severity, after ->> 'code' AS code,
                       COALESCE(after ->> 'node', '') AS node, after ->> 'reference' AS reference,
                       COALESCE((after ->> 'amount_msat')::numeric, 0) AS amount_msat,
                       COALESCE((after ->> 'residue_msat')::numeric, 0) AS residue_msat,
                       (after ->> 'node_msat')::numeric AS node_msat, (after ->> 'books_msat')::numeric AS books_msat
                  FROM audit.mismatch_changes
                 WHERE sequence <= :sequence
                 ORDER BY mismatch_id, sequence DESC, ordinal DESC
            )
            SELECT id, severity, code, node, reference, amount_msat, residue_msat, node_msat, books_msat
              FROM stands
             WHERE state = 'MISMATCH_STATE_OPEN'
             ORDER BY array_position(ARRAY['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATION'], severity), amount_msat DESC,
                      code COLLATE "C", reference COLLATE "C", node COLLATE "C"
            """;

    private static final String REGISTER =
            """
            WITH changes AS (
                SELECT mismatch_id, sequence, ordinal, before IS NOT NULL AS is_known, after ->> 'state' AS state,
                       COALESCE(before ->> 'state' = 'MISMATCH_STATE_OPEN'
                                AND before ->> 'severity' <> 'SEVERITY_INFORMATION', false) AS was_open,
                       after ->> 'state' = 'MISMATCH_STATE_OPEN'
                                AND after ->> 'severity' <> 'SEVERITY_INFORMATION' AS is_open,
                       COALESCE((before ->> 'amount_msat')::numeric, 0) AS was_msat,
                       COALESCE((after ->> 'amount_msat')::numeric, 0) AS is_msat
                  FROM audit.mismatch_changes
                 WHERE sequence <= :sequence
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
                 WHERE sequence > :since AND (was_open OR is_open)
                 UNION ALL
                SELECT 'carried_over', 1, is_msat
                  FROM (SELECT DISTINCT ON (mismatch_id) is_open, is_msat FROM changes WHERE sequence <= :since
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
             ORDER BY place
            """;

    private static final String IN_FLIGHT =
            """
            SELECT node, name AS reference, sum(count) AS parts, sum(msat) AS msat, place AS final_after_height
              FROM audit.day_deltas
             WHERE subject = 'UNDER_WAY' AND sequence <= :sequence AND slot_begins < :to
             GROUP BY node, name, place
            HAVING sum(count) <> 0 OR sum(msat) <> 0
             ORDER BY node COLLATE "C", name COLLATE "C", place COLLATE "C"
            """;

    private static final String ACCOUNTS =
            """
            SELECT name AS kind, place AS account, sum(count) AS count, sum(msat) AS msat
              FROM audit.day_deltas
             WHERE subject = 'ACCOUNT' AND sequence <= :sequence AND slot_begins >= :from AND slot_begins < :to
             GROUP BY node, name, place
            HAVING sum(count) <> 0 OR sum(msat) <> 0
             ORDER BY node COLLATE "C", name COLLATE "C", place COLLATE "C"
            """;

    private static final String PRIOR_PERIOD =
            """
            SELECT node, name AS line, sum(count) AS count,
                   COALESCE(sum(msat) FILTER (WHERE place <> 'wallet' AND place NOT LIKE 'limbo%'), 0) AS channels_msat,
                   COALESCE(sum(msat) FILTER (WHERE place = 'wallet'), 0) AS wallet_msat,
                   COALESCE(sum(msat) FILTER (WHERE place LIKE 'limbo%'), 0) AS limbo_msat,
                   sum(msat) AS total_msat
              FROM (SELECT node, name, place, sum(count) AS count, sum(msat) AS msat
                      FROM audit.day_deltas
                     WHERE subject = 'MOVEMENT' AND sequence > :since AND sequence <= :sequence AND slot_begins < :from
                     GROUP BY node, name, place
                    HAVING sum(count) <> 0 OR sum(msat) <> 0) AS late
             GROUP BY node, name
             ORDER BY node COLLATE "C", name COLLATE "C"
            """;

    private static final String PRIOR_PERIOD_REFERENCES =
            """
            SELECT name AS state, sum(count) AS count, sum(msat) AS msat
              FROM (SELECT node, name, sum(count) AS count, sum(msat) AS msat
                      FROM audit.day_deltas
                     WHERE subject = 'REFERENCE' AND sequence > :since AND sequence <= :sequence AND slot_begins < :from
                     GROUP BY node, name, place
                    HAVING sum(count) <> 0 OR sum(msat) <> 0) AS late
             GROUP BY name
             ORDER BY name COLLATE "C"
            """;

    private static final String FEES_AND_INCOME =
            """
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
                       AND sequence <= :sequence AND slot_begins >= :from AND slot_begins < :to
                     GROUP BY node, place, name
                    HAVING sum(count) <> 0 OR sum(msat) <> 0) AS earned
             GROUP BY node, place
             ORDER BY node COLLATE "C", place COLLATE "C"
            """;

    private static final String DECISIONS =
            """
            SELECT decision_id AS id, replace(decision ->> 'kind', 'DECISION_KIND_', '') AS kind,
                   COALESCE(decision ->> 'person', '') AS person, COALESCE(decision ->> 'reason', '') AS reason,
                   COALESCE((decision ->> 'adjustment_msat')::numeric, 0) AS adjustment_msat
              FROM audit.decisions
             WHERE sequence > :since AND sequence <= :sequence
             ORDER BY sequence, decision_id COLLATE "C"
            """;

    private static final String SUMS =
            """
            WITH sums AS (
                SELECT COALESCE(sum(msat) FILTER (WHERE subject = 'RESIDUE'), 0) AS clearing,
                       COALESCE(sum(msat) FILTER (WHERE subject IN ('MOVEMENT', 'ACCOUNT')), 0) AS posted
                  FROM audit.day_deltas
                 WHERE sequence <= :sequence
            )
            SELECT line.sum, line.msat
              FROM sums
             CROSS JOIN LATERAL (VALUES (1, 'clearing', clearing), (2, 'posted', posted), (3, 'unexplained', clearing - posted))
                             AS line(place, sum, msat)
             ORDER BY line.place
            """;

    private static final String PROOFS =
            """
            WITH known AS (
                SELECT node, observed_at, sequence, sum(drift_msat) AS drift_msat,
                       max(residual_msat) FILTER (WHERE subject = 'channels') AS channels_msat,
                       max(residual_msat) FILTER (WHERE subject = 'wallet') AS wallet_msat,
                       bool_or(subject = 'wallet' AND explanation <> '') AS is_explained
                  FROM audit.proofs
                 WHERE sequence <= :sequence AND observed_at < :to AND subject IN ('channels', 'wallet')
                 GROUP BY node, observed_at, sequence
            )
            SELECT node, count(*) FILTER (WHERE sequence > :since) AS made,
                   count(*) FILTER (WHERE sequence > :since AND channels_msat = 0 AND wallet_msat = 0) AS footed,
                   (array_agg(drift_msat ORDER BY observed_at DESC))[1] AS drift_msat,
                   count(*) FILTER (WHERE sequence > :since AND channels_msat = 0 AND wallet_msat <> 0 AND is_explained) AS explained,
                   count(*) FILTER (WHERE sequence > :since AND channels_msat IS NULL AND (wallet_msat = 0 OR is_explained))
                       AS incomplete
              FROM known
             GROUP BY node
             ORDER BY node COLLATE "C"
            """;

    private record Query(String table, String figures, String sql) {}

    private static final List<Query> ALL =
            List.of(
                    new Query("2-balance-bridge", "facts.balance_bridge", BALANCE_BRIDGE),
                    new Query("2-by-the-node", "facts.balance_bridge.by_the_node", BY_THE_NODE),
                    new Query("3-references", "facts.references", STATES.formatted("REFERENCE")),
                    new Query("3-residues", "facts.residues", STATES.formatted("RESIDUE")),
                    new Query("4-mismatches", "facts.mismatches", MISMATCHES),
                    new Query("4-movements", "history.mismatches", REGISTER),
                    new Query("5-in-flight", "facts.in_flight", IN_FLIGHT),
                    new Query("6-accounts", "facts.accounts", ACCOUNTS),
                    new Query("6-prior-period", "history.prior_period", PRIOR_PERIOD),
                    new Query(
                            "6-prior-period-references",
                            "history.prior_period_references",
                            PRIOR_PERIOD_REFERENCES),
                    new Query("7-fees-and-income", "facts.fees_and_income", FEES_AND_INCOME),
                    new Query("8-decisions", "history.decisions", DECISIONS),
                    new Query("9-sums", "facts.integrity", SUMS),
                    new Query("9-proofs", "history.proofs", PROOFS));

    private DayQueries() {}

    /// @param table which is its answer
    /// @param figures where the same stands in the JSON
    /// @param sql to be run as it is
    record Asked(String table, String figures, String sql) {}

    /// Of an issued report, with its day and sequences filled in.
    static List<Asked> of(DayReport report) {
        List<Asked> result = new ArrayList<>();
        for (Query query : ALL) {
            String sql = query.sql();
            for (var parameter : parameters(report).entrySet()) {
                sql = sql.replace(":" + parameter.getKey(), parameter.getValue());
            }
            result.add(new Asked(query.table(), query.figures(), sql));
        }
        return result;
    }

    /// Numbers and times of ours only: nothing that came from outside gets into a query.
    private static Map<String, String> parameters(DayReport report) {
        Map<String, String> result = new LinkedHashMap<>();
        result.put("sequence", Long.toString(report.history().sequence()));
        result.put("since", Long.toString(report.history().since()));
        result.put("from", time(report.facts().from()));
        result.put("to", time(report.facts().to()));
        return result;
    }

    private static String time(Instant moment) {
        return "timestamptz '%s'".formatted(moment);
    }

    /// All of them for `psql`.
    static String script(DayReport report) {
        StringBuilder script =
                new StringBuilder(
                        """
                        -- The figures of the report of %s, as known at ledger sequence %d, what is new since %d.
                        -- For the role tallystick_auditor: psql -f this file. Each answer is a table of the report.
                        """
                                .formatted(
                                        report.facts().day(),
                                        report.history().sequence(),
                                        report.history().since()));
        for (Asked one : of(report)) {
            script.append("\n\\echo %s: %s\n".formatted(one.table(), one.figures()))
                    .append(one.sql().stripTrailing())
                    .append(";\n");
        }
        return script.toString();
    }
}
