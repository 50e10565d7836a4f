package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.proto.v1.DecisionKind.DECISION_KIND_COMMENT;
import static tallystick.proto.v1.DecisionKind.DECISION_KIND_COUNTERSIGN;
import static tallystick.proto.v1.DecisionKind.DECISION_KIND_PREPARE;
import static tallystick.proto.v1.DecisionKind.DECISION_KIND_SIGN;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_RECEIPT;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_REVERSAL;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.at;
import static tallystick.reconcile.Fact.booked;
import static tallystick.reconcile.Fact.entry;
import static tallystick.reconcile.Fact.settled;

import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tallystick.db.seal.Head;
import tallystick.db.write.BatchRepository;
import tallystick.kafka.Topic;
import tallystick.ledger.decision.Signing;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;

/// Two people who sign the report of a day close it: what is booked into it after is a mismatch, whatever came first.
class SigningIT {
    private static final LocalDate DAY = LocalDate.parse("2026-03-02");
    private static final String FIRST = "aa".repeat(32);
    private static final String SECOND = "bb".repeat(32);
    private static final int NEXT_MORNING = 24 * 60 + 480;
    private static final Instant NOW = at(3 * 24 * 60);
    private static final String STATES =
            "SELECT reference || ' ' || state || ' ' || episode || ' ' || amount_msat FROM register.mismatch"
                    + " WHERE code = 'POSTED_INTO_CLOSED_DAY' ORDER BY 1";

    private final FakeLog log = new FakeLog();
    private final TestLedger ledger = new TestLedger(log);

    @AfterEach
    void theIdentityHolds() {
        ledger.checkIdentity();
        ledger.close();
    }

    private void apply() {
        ledger.applier().apply(log.readAll(), NOW);
        ledger.groups().decideDirty(NOW);
        ledger.checkIdentity();
    }

    private void isVerified() {
        Head head =
                ledger.transactions()
                        .read(connection -> new BatchRepository().newest(connection))
                        .orElseThrow();
        assertThat(
                        new LedgerVerification(ledger.dataSource(), RelayIT.topics())
                                .run(List.of(head), _ -> {})
                                .findings())
                .isEmpty();
    }

    private void settledAndBooked(int hash, int minute) {
        log.append(settled(NODE_A, hash, 1_000, 10));
        log.append(
                booked(
                        entry("e" + hash, ENTRY_KIND_RECEIPT, hash, 1_000, minute)
                                .setValueDate(DAY.toString())));
    }

    private void sign(String id, String person, String report, int minute) {
        log.append(signature(said(DECISION_KIND_PREPARE, id, person, report, minute)));
    }

    private void countersign(String id, String person, String report, int minute) {
        log.append(signature(said(DECISION_KIND_COUNTERSIGN, id, person, report, minute)));
    }

    private void signAsTheFirstPrograms(String id, String person, int minute) {
        log.append(signature(said(DECISION_KIND_SIGN, id, person, FIRST, minute)));
    }

    private static Decision.Builder said(
            DecisionKind kind, String id, String person, String report, int minute) {
        return Decision.newBuilder()
                .setDecisionId(id)
                .setMismatchId(Signing.subject(DAY))
                .setKind(kind)
                .setPerson(person)
                .setDecidedAtNs(Times.nanos(at(minute)))
                .setReference(Signing.reference(DAY))
                .setApproves(report);
    }

    private static Fact signature(Decision.Builder decision) {
        return new Fact(Topic.DECISIONS, decision.getReference(), decision.build().toByteArray());
    }

    @Test
    void whatIsBookedIntoASignedDayIsFoundAndOnlyThat() {
        settledAndBooked(1, 11);
        settledAndBooked(2, NEXT_MORNING - 60);
        sign("s1", "ann", FIRST, NEXT_MORNING);
        countersign("s2", "bob", FIRST, NEXT_MORNING + 30);
        settledAndBooked(3, NEXT_MORNING + 10);
        settledAndBooked(4, NEXT_MORNING + 40);
        apply();

        assertThat(ledger.rows(STATES)).containsExactly("report:2026-03-02/erp/e4 OPEN 1 1000");
        isVerified();
    }

    @Test
    void closesWithAReversalAndOpensWithItsReversal() {
        sign("s1", "ann", FIRST, NEXT_MORNING);
        countersign("s2", "bob", FIRST, NEXT_MORNING + 1);
        settledAndBooked(1, NEXT_MORNING + 2);
        apply();
        log.append(reversal("r1", "e1", NEXT_MORNING + 3));
        apply();
        assertThat(ledger.rows(STATES)).containsExactly("report:2026-03-02/erp/e1 CLOSED 1 1000");

        log.append(reversal("r2", "r1", NEXT_MORNING + 4));
        apply();
        assertThat(ledger.rows(STATES)).containsExactly("report:2026-03-02/erp/e1 OPEN 2 1000");
    }

    private static Fact reversal(String id, String reverses, int minute) {
        return booked(entry(id, ENTRY_KIND_REVERSAL, 1, 1_000, minute).setReverses(reverses));
    }

    @Test
    void aSignatureAndTheCountersignatureOfAnotherPersonCloseItInEitherOrder() {
        settledAndBooked(1, NEXT_MORNING + 5);
        settledAndBooked(2, NEXT_MORNING + 60);
        countersign("s1", "bob", FIRST, NEXT_MORNING);
        apply();
        assertThat(ledger.rows(STATES)).as("nobody prepared it").isEmpty();

        sign("s2", "bob", FIRST, NEXT_MORNING + 1);
        sign("s3", "ann", SECOND, NEXT_MORNING + 2);
        apply();
        assertThat(ledger.rows(STATES)).as("bob alone, and ann another report").isEmpty();

        sign("s4", "ann", FIRST, NEXT_MORNING + 10);
        apply();
        assertThat(ledger.rows(STATES)).containsExactly("report:2026-03-02/erp/e2 OPEN 1 1000");
        isVerified();
    }

    @Test
    void twoWhoSignAtOnceLeaveTheDayOpenUntilItIsCountersigned() {
        settledAndBooked(1, NEXT_MORNING + 60);
        sign("s1", "ann", FIRST, NEXT_MORNING);
        sign("s2", "bob", FIRST, NEXT_MORNING);
        sign("s3", "local operator", FIRST, NEXT_MORNING);
        apply();
        assertThat(ledger.rows(STATES)).isEmpty();

        countersign("s4", "bob", FIRST, NEXT_MORNING + 4);
        apply();
        assertThat(ledger.rows(STATES)).containsExactly("report:2026-03-02/erp/e1 OPEN 1 1000");
    }

    @Test
    void whatIsSaidOfAReportIsNoSignature() {
        settledAndBooked(1, NEXT_MORNING + 60);
        for (String person : List.of("ann", "bob")) {
            log.append(
                    signature(
                            said(DECISION_KIND_COMMENT, person, person, FIRST, NEXT_MORNING)
                                    .setReason("looks right")));
        }
        apply();

        assertThat(ledger.rows(STATES)).isEmpty();
        assertThat(ledger.number("SELECT count(*) FROM register.decision")).isEqualTo(2);
    }

    @Test
    void aDayThatTheFirstProgramsClosedStaysClosed() {
        settledAndBooked(1, NEXT_MORNING + 60);
        signAsTheFirstPrograms("s1", "bob", NEXT_MORNING + 3);
        signAsTheFirstPrograms("s2", "local operator", NEXT_MORNING + 2);
        signAsTheFirstPrograms("s3", "ann", NEXT_MORNING + 1);
        apply();
        assertThat(ledger.rows(STATES)).containsExactly("report:2026-03-02/erp/e1 OPEN 1 1000");
    }

    @Test
    void aDayThatIsRestatedAndSignedAnewHoldsWhatCameBefore() {
        sign("s1", "ann", FIRST, NEXT_MORNING);
        countersign("s2", "bob", FIRST, NEXT_MORNING + 1);
        settledAndBooked(1, NEXT_MORNING + 60);
        apply();
        sign("s3", "bob", SECOND, NEXT_MORNING + 70);
        apply();
        assertThat(ledger.rows(STATES)).containsExactly("report:2026-03-02/erp/e1 OPEN 1 1000");

        countersign("s4", "ann", SECOND, NEXT_MORNING + 71);
        settledAndBooked(2, NEXT_MORNING + 72);
        apply();
        assertThat(ledger.rows(STATES))
                .containsExactly(
                        "report:2026-03-02/erp/e1 CLOSED 1 1000",
                        "report:2026-03-02/erp/e2 OPEN 1 1000");
    }

    @Test
    void aPersonDecidesAboutItAsAboutAnyOther() {
        sign("s1", "ann", FIRST, NEXT_MORNING);
        countersign("s2", "bob", FIRST, NEXT_MORNING + 1);
        settledAndBooked(1, NEXT_MORNING + 60);
        apply();
        String reference = "report:2026-03-02/erp/e1";
        log.append(
                signature(
                        Decision.newBuilder()
                                .setDecisionId("d1")
                                .setMismatchId(
                                        Digests.hex(
                                                Digests.mismatchId(
                                                        "POSTED_INTO_CLOSED_DAY", reference, "")))
                                .setKind(DecisionKind.DECISION_KIND_RESOLVE)
                                .setPerson("ann")
                                .setReason("the auditor agreed")
                                .setDecidedAtNs(Times.nanos(at(NEXT_MORNING + 90)))
                                .setReference(reference)
                                .setSeenAmountMsat(1_000)));
        apply();

        assertThat(ledger.rows(STATES)).containsExactly(reference + " RESOLVED 1 1000");
        isVerified();
    }

    @Test
    void whatSignsNoReportIsSetAside() {
        Decision.Builder good = said(DECISION_KIND_COUNTERSIGN, "s1", "ann", FIRST, NEXT_MORNING);
        log.append(signature(good.clone().setApproves("x")));
        log.append(signature(good.clone().setReference("report:2026-03-02/erp/e1")));
        log.append(signature(good.clone().setReference("report:2026-02-30")));
        log.append(signature(good.clone().setMismatchId(Signing.subject(DAY.plusDays(1)))));
        log.append(signature(good.clone().setReference("rounding:2026-03-02")));
        log.append(signature(good.clone().setPerson("local operator")));
        apply();

        assertThat(ledger.number("SELECT count(*) FROM ledger.quarantine")).isEqualTo(6);
        assertThat(ledger.number("SELECT count(*) FROM register.decision")).isZero();
    }
}
