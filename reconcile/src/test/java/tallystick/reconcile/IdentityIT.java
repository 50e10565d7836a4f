package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.at;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tallystick.kafka.Topic;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;

/// The ledger itself: whatever is changed behind its back is reported with the next sweep, and closes when it is put right.
class IdentityIT {
    private static final long CHANNEL = 900_001;

    private final FakeLog log = new FakeLog();
    private final TestLedger ledger = new TestLedger(log);
    private final GroupDecider groups = ledger.groups();
    private final Holdings holdings = new Holdings(NODE_A);
    private int minute = 10;

    @BeforeEach
    void open() {
        log.append(holdings.deposit(1, 5_000_000, 1));
        holdings.open(CHANNEL, 1_000_000, 400_000, true, 1).forEach(log::append);
        log.append(holdings.receive(CHANNEL, 1, 50_123_456, 2));
        sweep();
    }

    @AfterEach
    void close() {
        ledger.checkIdentity();
        ledger.close();
    }

    private void sweep() {
        minute += 5;
        log.append(holdings.balances(minute));
        Fact.cover(log, NODE_A, minute);
        ledger.applier().apply(log.readAll(), at(minute));
        groups.decideDirty(at(minute));
    }

    /// As somebody who has the database's password.
    private void change(String sql) {
        ledger.database().execute(sql);
    }

    private List<String> found() {
        return ledger.rows(
                """
                SELECT concat_ws(' ', code, NULLIF(node, ''), reference, amount_msat)
                  FROM register.mismatch
                 WHERE state = 'OPEN' AND reference LIKE 'ledger:%'
                 ORDER BY 1
                """);
    }

    private static String balance(String side, String account, int msat) {
        return """
               UPDATE ledger.balance SET %s = %s + %d
                WHERE (account_id, partition_number) = (SELECT account_id, min(partition_number) FROM ledger.balance
                                                          JOIN ledger.account USING (account_id)
                                                         WHERE name = '%s' GROUP BY account_id)
               """
                .formatted(side, side, msat, account);
    }

    @Test
    void aBalanceThatWasChangedIsReportedAtOnceAndClosesByItself() {
        String wallet = "node:%s:wallet".formatted(NODE_A);
        assertThat(found()).isEmpty();

        change(balance("debit_msat", wallet, 5));
        sweep();
        assertThat(found())
                .containsExactly(
                        "STATEMENT_DOES_NOT_FOOT %s ledger:statement 5".formatted(NODE_A),
                        "TRIAL_BALANCE_OFF ledger:accounts 5");
        List<String> since =
                ledger.rows("SELECT since FROM register.mismatch WHERE reference LIKE 'ledger:%'");
        assertThat(
                        ledger.rows(
                                "SELECT sentence FROM register.mismatch WHERE reference LIKE 'ledger:%' ORDER BY code"))
                .containsExactly(
                        wallet
                                + " holds 3,999,800.005 sat, and 3,999,800.000 sat was posted to it.",
                        "Over all accounts debits less credits are 0.005 sat, and must be 0.");

        sweep();
        assertThat(found()).hasSize(2);
        assertThat(
                        ledger.rows(
                                "SELECT since FROM register.mismatch WHERE reference LIKE 'ledger:%'"))
                .isEqualTo(since);

        change(balance("debit_msat", wallet, -5));
        sweep();
        assertThat(found()).isEmpty();
    }

    @Test
    void whatClearingHoldsAndNoItemLeavesIsReported() {
        change(balance("credit_msat", "clearing", 7));
        sweep();
        assertThat(found())
                .containsExactly(
                        "CLEARING_UNEXPLAINED ledger:clearing 7",
                        "STATEMENT_DOES_NOT_FOOT ledger:statement 7",
                        "TRIAL_BALANCE_OFF ledger:accounts 7");
        change(balance("credit_msat", "clearing", -7));

        change("UPDATE ledger.item_row SET residue_msat = residue_msat + 3 WHERE residue_msat > 0");
        sweep();
        assertThat(found()).singleElement().asString().startsWith("CLEARING_UNEXPLAINED");
        change("UPDATE ledger.item_row SET residue_msat = residue_msat - 3 WHERE residue_msat > 0");
        sweep();
        assertThat(found()).isEmpty();
    }

    @Test
    void aTransferThatWasChangedIsReported() {
        change(
                "UPDATE ledger.transfer_chunk SET amounts_msat[1] = amounts_msat[1] + 11 WHERE batch_id = (SELECT min(batch_id) FROM ledger.transfer_chunk)");
        sweep();
        assertThat(found())
                .containsExactlyInAnyOrder(
                        "STATEMENT_DOES_NOT_FOOT ledger:statement 11",
                        "STATEMENT_DOES_NOT_FOOT %s ledger:statement 11".formatted(NODE_A));
        change(
                "UPDATE ledger.transfer_chunk SET amounts_msat[1] = amounts_msat[1] - 11 WHERE batch_id = (SELECT min(batch_id) FROM ledger.transfer_chunk)");
        sweep();
        assertThat(found()).isEmpty();
    }

    @Test
    void aBatchThatDoesNotFollowIsReported() {
        sweep();
        String second = "WHERE sequence = (SELECT min(sequence) + 1 FROM ledger.batch)";
        change("UPDATE ledger.batch SET previous_hash = sha256(previous_hash) " + second);
        sweep();
        assertThat(found()).containsExactly("LOG_BROKEN ledger:chain 0");

        change(
                """
                UPDATE ledger.batch AS one SET previous_hash = before.hash
                  FROM ledger.batch AS before
                 WHERE before.sequence = one.sequence - 1
                """);
        sweep();
        assertThat(found()).isEmpty();

        change("DELETE FROM ledger.batch " + second);
        sweep();
        assertThat(found()).containsExactly("LOG_BROKEN ledger:chain 0");
        assertThat(ledger.rows("SELECT sentence FROM register.mismatch WHERE code = 'LOG_BROKEN'"))
                .singleElement()
                .asString()
                .startsWith("Batch 3 does not follow");
    }

    /// Of a day on which a report was issued, the next is due a day later; late it is two hours after.
    @Test
    void aReportThatIsNotIssuedIsReported() {
        sweep();
        assertThat(found()).isEmpty();
        issued(at(minute).atZone(ZoneOffset.UTC).toLocalDate().minusDays(3));
        sweep();
        assertThat(found()).containsExactly("REPORT_LATE ledger:reports 0");

        issued(at(minute).atZone(ZoneOffset.UTC).toLocalDate().minusDays(1));
        sweep();
        assertThat(found()).isEmpty();
    }

    private void issued(LocalDate day) {
        change(
                """
                INSERT INTO report.issued (ledger, business_day, edition, sequence, since_sequence, time_zone, cut_off_seconds,
                                           is_provisional, open_count, open_msat, issued_at, facts, facts_digest, history,
                                           history_digest, seal, seal_digest, told_sequence, told_ordinal)
                VALUES ('main', '%s', 1, 0, 0, 'UTC', 600, false, 0, 0, now(), '', sha256(''), '', sha256(''), '', sha256(''), 0,
                        (SELECT count(*) FROM report.issued))
                """
                        .formatted(day));
    }

    @Test
    void aPersonSetsItAside() {
        change(balance("credit_msat", "clearing", 7));
        sweep();
        String id =
                ledger.rows(
                                "SELECT encode(mismatch_id, 'hex') FROM register.mismatch WHERE code = 'TRIAL_BALANCE_OFF'")
                        .getFirst();
        Decision decision =
                Decision.newBuilder()
                        .setDecisionId("d1")
                        .setMismatchId(id)
                        .setKind(DecisionKind.DECISION_KIND_IGNORE)
                        .setReference("ledger:accounts")
                        .setPerson("ann")
                        .setReason("it is looked at")
                        .setDecidedAtNs(Times.nanos(at(minute)))
                        .setUntilNs(Times.nanos(at(900)))
                        .setSeenAmountMsat(7)
                        .setRuleVersion(1)
                        .build();
        log.append(new Fact(Topic.DECISIONS, "ledger:accounts", decision.toByteArray()));
        ledger.applier().apply(log.readAll(), at(minute));
        groups.decideDirty(at(minute));

        assertThat(found())
                .containsExactly(
                        "CLEARING_UNEXPLAINED ledger:clearing 7",
                        "STATEMENT_DOES_NOT_FOOT ledger:statement 7");
        change(balance("credit_msat", "clearing", -7));
        sweep();
        assertThat(
                        ledger.rows(
                                "SELECT DISTINCT state FROM register.mismatch WHERE reference LIKE 'ledger:%'"))
                .containsExactly("CLOSED");
    }
}
