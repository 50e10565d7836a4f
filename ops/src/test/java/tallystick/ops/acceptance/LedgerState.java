package tallystick.ops.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// All that a ledger holds, as sorted lines of text. Left out is only how it came there: batches, offsets and the inner
/// numbers of accounts.
record LedgerState(Map<String, List<String>> lines) {
    private static final Map<String, String> STATEMENTS = statements();

    static LedgerState read(Connection connection) throws SQLException {
        Map<String, List<String>> lines = new LinkedHashMap<>();
        try (var statement = connection.createStatement()) {
            statement.execute("SET TIME ZONE 'UTC'");
            for (var each : STATEMENTS.entrySet()) {
                List<String> found = new ArrayList<>();
                try (ResultSet rows = statement.executeQuery(each.getValue())) {
                    while (rows.next()) {
                        found.add(rows.getString(1));
                    }
                }
                found.sort(null);
                lines.put(each.getKey(), List.copyOf(found));
            }
        }
        return new LedgerState(lines);
    }

    /// Fails naming the lines that are missing and those that are too many.
    void requireEqualTo(LedgerState expected) {
        for (String part : STATEMENTS.keySet()) {
            assertThat(of(part)).as(part).containsExactlyInAnyOrderElementsOf(expected.of(part));
        }
    }

    private List<String> of(String part) {
        return lines.getOrDefault(part, List.of());
    }

    private static Map<String, String> statements() {
        Map<String, String> statements = new LinkedHashMap<>();
        statements.put(
                "items",
                """
                SELECT concat_ws(' | ', key_text, kind, state, residue_msat, due_at, booked_msat, pairs)
                  FROM ledger.item
                """);
        statements.put(
                "transfers",
                """
                SELECT concat_ws(' | ', item.key_text, transfer.leg, debit.name, credit.name, transfer.amount_msat)
                  FROM ledger.transfer
                  JOIN ledger.item USING (item_key)
                  JOIN ledger.account AS debit ON debit.account_id = transfer.debit_id
                  JOIN ledger.account AS credit ON credit.account_id = transfer.credit_id
                """);
        statements.put(
                "balances",
                "SELECT concat_ws(' | ', name, debit_msat, credit_msat) FROM ledger.account_balance");
        statements.put(
                "register",
                "SELECT (to_jsonb(mismatch) - 'batch_id')::text FROM register.mismatch AS mismatch");
        statements.put(
                "evidence",
                """
                SELECT concat_ws(' | ', item.key_text, evidence.node, evidence.topic, evidence.observed_at,
                           encode(evidence.digest, 'hex'))
                  FROM ledger.evidence
                  JOIN ledger.item USING (item_key)
                """);
        statements.put("quarantine", "SELECT reason FROM ledger.quarantine");
        return statements;
    }
}
