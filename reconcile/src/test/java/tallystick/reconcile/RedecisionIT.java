package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_RECEIPT;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.at;
import static tallystick.reconcile.Fact.booked;
import static tallystick.reconcile.Fact.entry;
import static tallystick.reconcile.Fact.forwarded;
import static tallystick.reconcile.Fact.hash;
import static tallystick.reconcile.Fact.settled;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tallystick.kafka.Topic;
import tallystick.ledger.mismatch.Code;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;

/// When other rules come into force, everything stands as if they had always held; what comes out as before is not touched.
class RedecisionIT {
    private static final Instant NOW = at(2_000);
    private static final List<Integer> PARTITIONS = List.of(0, 1);
    private static final Map<String, String> STRICT =
            Map.of(
                    "rounding", "off",
                    "grace-books", "40h",
                    "code.DUPLICATE_PAYMENT_SAME_ORDER.severity", "low");

    private final FakeLog log = new FakeLog();
    private final TestLedger ledger = new TestLedger(log);
    private final RuleBook book = new RuleBook(ledger.transactions());

    @AfterEach
    void theIdentityHolds() {
        ledger.checkIdentity();
        ledger.close();
    }

    private static RuleSet strict() {
        return RuleSet.parse(STRICT, ZoneOffset.UTC).withoutSilence();
    }

    private static RuleSet usual() {
        return RuleSet.defaults().withoutSilence();
    }

    /// Agreed, agreed by rule, not booked, an order paid twice, a day of forwards.
    private static void tell(FakeLog log) {
        for (int number = 1; number <= 40; number++) {
            log.append(settled(NODE_A, number, 5_000, 10));
            log.append(booked("e" + number, ENTRY_KIND_RECEIPT, number, 5_000, 11));
        }
        log.append(settled(NODE_A, 41, 5_400, 10));
        log.append(booked("e41", ENTRY_KIND_RECEIPT, 41, 5_000, 11));
        log.append(settled(NODE_A, 42, 7_000, 10));
        log.append(settled(NODE_A, 43, 9_000, 10));
        log.append(settled(NODE_A, 44, 9_000, 10));
        log.append(booked(entry("e43", ENTRY_KIND_RECEIPT, 43, 9_000, 11).setOrder("o")));
        log.append(booked(entry("e44", ENTRY_KIND_RECEIPT, 44, 9_000, 12).setOrder("o")));
        log.append(forwarded(NODE_A, 1, 77, 10));
        Fact.cover(log, NODE_A, 1_990);
    }

    private static void live(TestLedger ledger, FakeLog log, RuleSet rules) {
        tell(log);
        ledger.applier(rules).apply(log.readAll(), NOW);
        ledger.settle(rules, NOW);
    }

    private RuleSet activate(RuleSet rules) {
        return book.activate(rules, NOW);
    }

    private int redecide(RuleSet rules) {
        int steps = 1;
        while (new Redecider(ledger.transactions(), rules, FakeLog.PARTITIONS, new Awaited())
                .step(PARTITIONS, NOW)) {
            steps++;
            ledger.checkIdentity();
        }
        ledger.settle(rules, NOW);
        return steps;
    }

    @Test
    void everythingStandsAsIfTheyHadAlwaysHeld() {
        RuleSet first = activate(usual());
        redecide(first);
        live(ledger, log, first);
        assertThat(ledger.open())
                .containsExactly(
                        "DUPLICATE_PAYMENT_SAME_ORDER 2c 9000",
                        "FORWARD_FEE_NOT_BOOKED :1 77",
                        "SETTLED_NOT_BOOKED 2a 7000");

        RuleSet second = activate(strict());
        redecide(second);

        assertThat(ledger.open())
                .containsExactly("AMOUNT_DIFFERS 29 400", "DUPLICATE_PAYMENT_SAME_ORDER 2c 9000");
        FakeLog otherLog = new FakeLog();
        try (TestLedger other = new TestLedger(otherLog)) {
            live(other, otherLog, second);
            assertThat(ledger.dump()).isEqualTo(other.dump());
        }
        assertThat(ledger.rows("SELECT DISTINCT cause FROM register.change WHERE batch_id > 2"))
                .contains("rules");
        assertThat(
                        ledger.rows(
                                "SELECT DISTINCT rule_version FROM register.mismatch WHERE state = 'OPEN'"))
                .containsExactly("2");

        redecide(activate(usual()));
        assertThat(ledger.open()).hasSize(3).contains("SETTLED_NOT_BOOKED 2a 7000");
    }

    @Test
    void whatComesOutAsBeforeIsNotTouched() {
        RuleSet first = activate(usual());
        redecide(first);
        live(ledger, log, first);
        String versions =
                "SELECT count(*) FROM ledger.item WHERE state = 'AGREED' AND version > 1 AND kind = 'payment'";
        long before = ledger.number(versions);

        redecide(activate(strict()));
        assertThat(ledger.number(versions)).as("but the two of the order").isEqualTo(before + 2);

        long batches = ledger.number("SELECT count(*) FROM ledger.batch");
        assertThat(redecide(strict().withVersion(2))).isEqualTo(1);
        assertThat(ledger.number("SELECT count(*) FROM ledger.batch")).isEqualTo(batches);
    }

    @Test
    void goesOnWhereItWasStopped() {
        RuleSet first = activate(usual());
        redecide(first);
        live(ledger, log, first);
        RuleSet second = activate(strict());
        long pages =
                ledger.number(
                        "SELECT pg_relation_size('ledger.item_row') / current_setting('block_size')::bigint");
        assertThat(pages).isGreaterThan(1);

        // Each step by a worker of its own, as after a kill.
        int steps = 0;
        while (new Redecider(ledger.transactions(), second, FakeLog.PARTITIONS, new Awaited(), 1)
                .step(PARTITIONS, NOW)) {
            steps++;
        }
        assertThat(steps + 1L).isEqualTo(pages);
        ledger.settle(second, NOW);

        FakeLog otherLog = new FakeLog();
        try (TestLedger other = new TestLedger(otherLog)) {
            live(other, otherLog, second);
            assertThat(ledger.dump()).isEqualTo(other.dump());
        }
    }

    @Test
    void stopsWhenOtherRulesHoldByNow() {
        RuleSet first = activate(usual());
        activate(strict());

        assertThatThrownBy(
                        () ->
                                new Redecider(
                                                ledger.transactions(),
                                                first,
                                                FakeLog.PARTITIONS,
                                                new Awaited())
                                        .step(PARTITIONS, NOW))
                .isInstanceOfSatisfying(
                        ReconcileException.class, e -> assertThat(e.isPassing()).isFalse())
                .hasMessageContaining("rules: version 1 in this process (expected: 2");
    }

    @Test
    void decisionThatTheNewRulesSeeOtherwiseOpens() {
        RuleSet first = activate(usual());
        redecide(first);
        live(ledger, log, first);
        String reference = "payment_hash:" + hash(42);
        log.append(
                new Fact(
                        Topic.DECISIONS,
                        hash(42),
                        Decision.newBuilder()
                                .setDecisionId("d1")
                                .setMismatchId(
                                        Digests.hex(
                                                Digests.mismatchId(
                                                        Code.SETTLED_NOT_BOOKED.name(),
                                                        reference,
                                                        NODE_A.pubkey())))
                                .setKind(DecisionKind.DECISION_KIND_IGNORE)
                                .setPerson("ann")
                                .setReason("seen")
                                .setDecidedAtNs(Times.nanos(at(1_990)))
                                .setUntilNs(Times.nanos(at(9_000)))
                                .setReference(reference)
                                .setSeenAmountMsat(7_000)
                                .setRuleVersion(first.version())
                                .build()
                                .toByteArray()));
        ledger.applier(first).apply(log.readAll(), NOW);
        assertThat(ledger.open()).doesNotContain("SETTLED_NOT_BOOKED 2a 7000");

        redecide(activate(strict()));

        assertThat(ledger.open()).contains("RULE_CHANGED_AFTER_DECISION 2a 7000");
        assertThat(
                        ledger.rows(
                                "SELECT since = '%s'::timestamptz FROM register.mismatch WHERE code LIKE 'RULE_%%'"
                                        .formatted(NOW)))
                .containsExactly("t");

        redecide(activate(usual()));
        assertThat(ledger.open())
                .noneMatch(one -> one.startsWith("RULE_CHANGED"))
                .doesNotContain("SETTLED_NOT_BOOKED 2a 7000");
    }

    @Test
    void amountsThatTogetherCannotBeLeaveTheirGroupWaiting() {
        long all = 2_000_000_000_000_000_000L;
        for (int htlc = 1; htlc <= 5; htlc++) {
            log.append(forwarded(NODE_A, htlc, all, 10));
        }
        log.append(forwarded(Fact.NODE_B, 9, 5, 10));
        Fact.cover(log, NODE_A, 1_990);
        ledger.applier().apply(log.readAll(), NOW);
        ledger.settle(NOW);

        assertThat(ledger.open()).containsExactly("FORWARD_FEE_NOT_BOOKED :9 5");
        assertThat(
                        ledger.number(
                                "SELECT count(*) FROM ledger.item WHERE state = 'WAITING' AND kind = 'forward'"))
                .isEqualTo(5);
        assertThat(ledger.number("SELECT count(*) FROM ledger.dirty_group")).isZero();
    }
}
