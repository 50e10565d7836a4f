package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_RECEIPT;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.NODE_B;
import static tallystick.reconcile.Fact.at;
import static tallystick.reconcile.Fact.booked;
import static tallystick.reconcile.Fact.entry;
import static tallystick.reconcile.Fact.hash;
import static tallystick.reconcile.Fact.settled;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tallystick.kafka.Topic;
import tallystick.ledger.mismatch.Code;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;

/// What people decide is evidence: it is applied with its item, holds while the item is what they saw, and its order does not
/// matter.
class DecisionsIT {
    private static final Instant NOW = at(600);
    private static final String STATES =
            "SELECT code || ' ' || state || ' ' || episode FROM register.mismatch ORDER BY 1";
    private static final String SEVERITIES =
            "SELECT code || ' ' || severity FROM register.mismatch ORDER BY 1";
    private static final String ITEMS =
            "SELECT state || ' ' || residue_msat FROM ledger.item WHERE kind <> 'node'";

    private final FakeLog log = new FakeLog();
    private final TestLedger ledger = new TestLedger(log);
    private Instant now = NOW;

    @AfterEach
    void theIdentityHolds() {
        ledger.checkIdentity();
        ledger.close();
    }

    @Test
    void ignoresUntilATimeAndOpensAgain() {
        notBooked();
        apply(ignore("d1", 5_000, 900));

        assertThat(ledger.rows(STATES)).containsExactly("SETTLED_NOT_BOOKED IGNORED 1");
        assertThat(ledger.rows(ITEMS)).containsExactly("IGNORED 5000");
        assertThat(ledger.open()).isEmpty();

        ledger.settle(at(900).minusNanos(1_000));
        assertThat(ledger.rows(STATES)).containsExactly("SETTLED_NOT_BOOKED IGNORED 1");

        ledger.settle(at(900));
        assertThat(ledger.rows(STATES))
                .containsExactly("IGNORED_EXPIRED OPEN 1", "SETTLED_NOT_BOOKED OPEN 2");
        assertThat(ledger.rows(ITEMS)).containsExactly("OPEN 5000");

        apply(ignore("d500", 5_000, 2_000));
        assertThat(ledger.rows(STATES))
                .containsExactly("IGNORED_EXPIRED CLOSED 1", "SETTLED_NOT_BOOKED IGNORED 2");
    }

    @Test
    void whatIsSetAsideWaitsForANodeThatJoins() {
        notBooked();
        apply(ignore("d1", 5_000, 900));

        Fact.cover(log, NODE_B, 5);
        apply();
        assertThat(ledger.rows(STATES)).containsExactly("SETTLED_NOT_BOOKED CLOSED 1");
        assertThat(ledger.rows(ITEMS)).containsExactly("WAITING 5000");

        Fact.cover(log, NODE_B, 590);
        apply();
        assertThat(ledger.rows(STATES)).containsExactly("SETTLED_NOT_BOOKED IGNORED 2");
    }

    @Test
    void namesWhatCausedEachChange() {
        notBooked();
        apply(ignore("d1", 5_000, 900));
        log.append(booked("e1", ENTRY_KIND_RECEIPT, 1, 5_000, 500));
        apply();

        assertThat(
                        ledger.rows(
                                "SELECT change.cause || ' ' || array_length(evidence, 1) || ' ' || person || ' ' || decision_id"
                                        + " FROM register.change JOIN ledger.batch USING (batch_id) ORDER BY sequence"))
                .containsExactly("evidence 1  ", "decision 1 ann d1", "evidence 1  ");
        assertThat(ledger.rows("SELECT DISTINCT unnest(evidence) FROM register.change ORDER BY 1"))
                .allMatch(place -> place.matches(".+\\.v1-\\d+@\\d+"))
                .hasSize(3);
    }

    @Test
    void adjustmentThatNobodyApprovesOpens() {
        notBooked();
        apply(resolve("d1", 5_000, 5_000).setAccount("suspense"));
        Instant late = at(601 + 24 * 60);

        ledger.settle(late.minusNanos(1_000));
        assertThat(ledger.open()).containsExactly("SETTLED_NOT_BOOKED 01 5000");
        ledger.settle(late);
        assertThat(ledger.open())
                .containsExactly("SETTLED_NOT_BOOKED 01 5000", "UNAPPROVED_ADJUSTMENT 01 5000");

        log.append(fact(approve("d2", "d1", "bob")));
        ledger.applier().apply(log.readAll(), late);
        assertThat(ledger.open()).isEmpty();
    }

    @Test
    void approvingOnesOwnAdjustmentOpensAtOnce() {
        notBooked();
        apply(resolve("d1", 5_000, 5_000).setAccount("suspense"), approve("d2", "d1", "ann"));

        ledger.settle(at(602));

        assertThat(ledger.open()).contains("UNAPPROVED_ADJUSTMENT 01 5000");
    }

    @Test
    void roundingOfADayIsDecidedAgesAndComesBack() {
        for (int hash = 1; hash <= 101; hash++) {
            log.append(settled(NODE_A, hash, 5_999, 10));
            log.append(booked("e" + hash, ENTRY_KIND_RECEIPT, hash, 5_000, 11));
        }
        apply();
        assertThat(ledger.rows(STATES)).containsExactly("ROUNDING_BOUND OPEN 1");
        assertThat(ledger.rows("SELECT severity FROM register.mismatch")).containsExactly("LOW");
        String reference = ledger.rows("SELECT reference FROM register.mismatch").getFirst();

        ledger.groups().decideDirty(at(11 + 24 * 60));
        assertThat(ledger.rows("SELECT severity FROM register.mismatch")).containsExactly("MEDIUM");

        Decision.Builder ignored =
                ignore("d1", 101 * 999, 10_000)
                        .setReference(reference)
                        .setMismatchId(
                                Digests.hex(
                                        Digests.mismatchId(
                                                Code.ROUNDING_BOUND.name(), reference, "")));
        log.append(new Fact(Topic.DECISIONS, reference, ignored.build().toByteArray()));
        log.append(new Fact(Topic.DECISIONS, reference, ignored.build().toByteArray()));
        ledger.applier().apply(log.readAll(), at(2_000));
        ledger.groups().decideDirty(at(2_000));
        assertThat(ledger.rows(STATES)).containsExactly("ROUNDING_BOUND IGNORED 1");
        assertThat(ledger.number("SELECT count(*) FROM ledger.quarantine")).isZero();
        assertThat(
                        ledger.number(
                                "SELECT count(*) FROM ledger.evidence WHERE topic LIKE '%decisions%'"))
                .isEqualTo(1);

        ledger.groups().decideDirty(at(10_000));
        assertThat(ledger.rows(STATES))
                .containsExactly("IGNORED_EXPIRED OPEN 1", "ROUNDING_BOUND OPEN 2");
    }

    @Test
    void movesTheResidueOnceAnotherPersonApproves() {
        notBooked();
        apply(resolve("d1", 5_000, 5_000).setAccount("suspense"));
        assertThat(ledger.rows(ITEMS)).containsExactly("OPEN 5000");

        apply(approve("d2", "d1", "ann"));
        assertThat(ledger.rows(ITEMS)).as("approved by herself").containsExactly("OPEN 5000");

        apply(approve("d3", "d1", "bob"));
        assertThat(ledger.rows(ITEMS)).containsExactly("RESOLVED 0");
        assertThat(ledger.rows(STATES)).containsExactly("SETTLED_NOT_BOOKED RESOLVED 1");
        assertThat(balance("books:suspense")).isEqualTo("-5000");
        assertThat(ledger.rows("SELECT leg FROM ledger.transfer WHERE leg LIKE 'decision/%'"))
                .containsExactly("decision/d1");
        assertThat(ledger.number("SELECT count(*) FROM ledger.pair")).isZero();
    }

    @Test
    void opensAgainWhenEvidenceChangesWhatWasDecided() {
        notBooked();
        apply(resolve("d1", 5_000, 5_000).setAccount("suspense"), approve("d2", "d1", "bob"));
        log.append(booked("e1", ENTRY_KIND_RECEIPT, 1, 4_000, 500));
        apply();

        assertThat(ledger.rows(STATES))
                .containsExactly("AMOUNT_DIFFERS OPEN 1", "SETTLED_NOT_BOOKED CLOSED 1");
        assertThat(balance("books:suspense")).isEqualTo("0");
        assertThat(ledger.rows(ITEMS)).containsExactly("OPEN 1000");

        log.append(booked("e2", ENTRY_KIND_RECEIPT, 1, 1_000, 501));
        apply();
        assertThat(ledger.rows(ITEMS)).containsExactly("AGREED 0");
    }

    @Test
    void settlesNothingWhileSomethingIsLeftOnClearing() {
        notBooked();
        apply(resolve("d1", 5_000, 0));

        assertThat(ledger.rows(STATES)).containsExactly("SETTLED_NOT_BOOKED OPEN 1");
        assertThat(ledger.rows(ITEMS)).containsExactly("OPEN 5000");
    }

    @Test
    void decidedOnAnotherAmountHoldsNothing() {
        notBooked();
        apply(ignore("d1", 4_999, 900));

        assertThat(ledger.rows(STATES)).containsExactly("SETTLED_NOT_BOOKED OPEN 1");
    }

    @Test
    void repeatChangesNothing() {
        notBooked();
        apply(ignore("d1", 5_000, 900));
        List<String> after = ledger.dump();

        apply(ignore("d1", 5_000, 900));
        apply(ignore("d1", 5_000, 700));

        assertThat(ledger.dump()).isEqualTo(after);
        assertThat(ledger.number("SELECT count(*) FROM register.decision")).isEqualTo(1);
        assertThat(ledger.number("SELECT count(*) FROM register.change")).isEqualTo(2);
    }

    @Test
    void decidesAboutWhatAGroupFound() {
        paidTwice();
        assertThat(ledger.rows(STATES)).containsExactly("DUPLICATE_PAYMENT_SAME_ORDER OPEN 1");

        apply(resolvePaidTwice());

        assertThat(ledger.rows(STATES)).containsExactly("DUPLICATE_PAYMENT_SAME_ORDER RESOLVED 1");
    }

    @Test
    void aDecisionThatComesBeforeWhatItIsAboutCounts() {
        apply(resolvePaidTwice());

        paidTwice();

        assertThat(ledger.rows(STATES)).containsExactly("DUPLICATE_PAYMENT_SAME_ORDER RESOLVED 1");
    }

    @Test
    void whatAGroupFoundIsMoreSevereWithAge() {
        paidTwice();
        assertThat(ledger.rows(SEVERITIES)).containsExactly("DUPLICATE_PAYMENT_SAME_ORDER HIGH");

        ledger.settle(at(30 + 24 * 60));

        assertThat(ledger.rows(SEVERITIES))
                .containsExactly("DUPLICATE_PAYMENT_SAME_ORDER CRITICAL");
    }

    @Test
    void whatAGroupFoundOpensAgainWhenItsTimeIsOver() {
        paidTwice();
        apply(
                resolvePaidTwice()
                        .setKind(DecisionKind.DECISION_KIND_IGNORE)
                        .setUntilNs(Times.nanos(at(900))));
        assertThat(ledger.rows(STATES)).containsExactly("DUPLICATE_PAYMENT_SAME_ORDER IGNORED 1");

        ledger.settle(at(900));

        assertThat(ledger.rows(STATES)).containsExactly("DUPLICATE_PAYMENT_SAME_ORDER OPEN 2");
    }

    /// Whether something else was decided about its item since must not tell.
    @Test
    void whatIsDecidedAgesNoFurther() {
        notBooked();
        apply(ignore("d1", 5_000, 10_000));

        now = at(3 * 24 * 60);
        apply(of(Code.UNIT_ERROR, 1, "d2", 1, DecisionKind.DECISION_KIND_COMMENT));

        assertThat(ledger.rows(SEVERITIES)).containsExactly("SETTLED_NOT_BOOKED HIGH");
    }

    private void paidTwice() {
        log.append(settled(NODE_A, 1, 5_000, 10));
        log.append(settled(NODE_A, 2, 5_000, 20));
        log.append(booked(entry("e1", ENTRY_KIND_RECEIPT, 1, 5_000, 11).setOrder("o1")));
        log.append(booked(entry("e2", ENTRY_KIND_RECEIPT, 2, 5_000, 21).setOrder("o1")));
        apply();
    }

    private static Decision.Builder resolvePaidTwice() {
        return of(
                Code.DUPLICATE_PAYMENT_SAME_ORDER,
                2,
                "d1",
                5_000,
                DecisionKind.DECISION_KIND_RESOLVE);
    }

    @Test
    void quarantinesWhatIsNoDecision() {
        notBooked();
        apply(
                ignore("d1", 5_000, 900).clearReason(),
                ignore("d2", 5_000, 900).setMismatchId("x"),
                resolve("d3", 5_000, 5_000),
                ignore("d4", 5_000, 900).setKind(DecisionKind.DECISION_KIND_ADJUST));

        assertThat(ledger.rows("SELECT reason FROM ledger.quarantine ORDER BY record_offset"))
                .containsExactly(
                        "reason:  (expected: why)",
                        "mismatch_id: x (expected: 64 hex digits)",
                        "account:  (expected: the one that takes the adjustment)",
                        "kind: number 3 (expected: one this version knows)");
        assertThat(ledger.rows(STATES))
                .containsExactly(
                        "RECORD_QUARANTINED OPEN 1",
                        "RECORD_QUARANTINED OPEN 1",
                        "RECORD_QUARANTINED OPEN 1",
                        "SCHEMA_UNKNOWN OPEN 1",
                        "SETTLED_NOT_BOOKED OPEN 1");
    }

    @Test
    void orderDoesNotMatter() {
        Set<List<String>> results = new HashSet<>();
        for (int seed = 0; seed < 12; seed++) {
            FakeLog shuffled = new FakeLog();
            try (TestLedger other = new TestLedger(shuffled)) {
                List<Fact> facts = new ArrayList<>();
                facts.add(settled(NODE_A, 1, 5_000, 10));
                facts.add(settled(NODE_A, 2, 7_000, 10));
                facts.add(fact(resolve("d1", 5_000, 5_000).setAccount("suspense")));
                facts.add(fact(approve("d2", "d1", "bob")));
                facts.add(fact(ignore("d0", 5_000, 900)));
                facts.add(
                        fact(
                                of(
                                                Code.SETTLED_NOT_BOOKED,
                                                2,
                                                "d4",
                                                7_000,
                                                DecisionKind.DECISION_KIND_IGNORE)
                                        .setUntilNs(Times.nanos(at(700)))));
                Collections.shuffle(facts, new Random(seed));
                Random batches = new Random(seed);
                for (Fact fact : facts) {
                    shuffled.append(fact);
                    if (batches.nextBoolean()) {
                        other.applier().apply(shuffled.readAll(), NOW);
                    }
                }
                Fact.cover(shuffled, NODE_A, 590);
                other.applier().apply(shuffled.readAll(), NOW);
                other.settle(NOW);
                List<String> dump = new ArrayList<>(other.dump());
                dump.addAll(
                        other.rows(
                                "SELECT code || state || amount_msat FROM register.mismatch ORDER BY 1"));
                results.add(dump);
            }
        }
        assertThat(results).hasSize(1);
        notBooked();
    }

    private void notBooked() {
        log.append(settled(NODE_A, 1, 5_000, 10));
        Fact.cover(log, NODE_A, 590);
        apply();
        assertThat(ledger.rows(STATES)).containsExactly("SETTLED_NOT_BOOKED OPEN 1");
    }

    private void apply(Decision.Builder... decisions) {
        for (Decision.Builder decision : decisions) {
            log.append(fact(decision));
        }
        ledger.applier().apply(log.readAll(), now);
        ledger.groups().decideDirty(now);
        ledger.checkIdentity();
    }

    private String balance(String account) {
        return ledger.rows(
                        "SELECT balance_msat FROM ledger.account_balance WHERE name = '%s'"
                                .formatted(account))
                .getFirst();
    }

    private static Fact fact(Decision.Builder decision) {
        String hash = decision.getReference().substring("payment_hash:".length());
        return new Fact(Topic.DECISIONS, hash, decision.build().toByteArray());
    }

    private static Decision.Builder ignore(String id, long seen, int untilMinute) {
        return of(Code.SETTLED_NOT_BOOKED, 1, id, seen, DecisionKind.DECISION_KIND_IGNORE)
                .setUntilNs(Times.nanos(at(untilMinute)));
    }

    private static Decision.Builder resolve(String id, long seen, long adjustment) {
        return of(Code.SETTLED_NOT_BOOKED, 1, id, seen, DecisionKind.DECISION_KIND_RESOLVE)
                .setAdjustmentMsat(adjustment);
    }

    private static Decision.Builder approve(String id, String approves, String person) {
        return of(Code.SETTLED_NOT_BOOKED, 1, id, 0, DecisionKind.DECISION_KIND_APPROVE)
                .setApproves(approves)
                .setPerson(person);
    }

    private static Decision.Builder of(
            Code code, int hash, String id, long seen, DecisionKind kind) {
        String reference = "payment_hash:" + hash(hash);
        int minute = 600 + Integer.parseInt(id.substring(1));
        return Decision.newBuilder()
                .setDecisionId(id)
                .setMismatchId(
                        Digests.hex(Digests.mismatchId(code.name(), reference, NODE_A.pubkey())))
                .setKind(kind)
                .setPerson("ann")
                .setReason("seen")
                .setDecidedAtNs(Times.nanos(at(minute)))
                .setReference(reference)
                .setSeenAmountMsat(seen);
    }
}
