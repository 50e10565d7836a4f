package tallystick.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_PAYMENT;
import static tallystick.proto.v1.EntryKind.ENTRY_KIND_RECEIPT;
import static tallystick.reconcile.Fact.NODE_A;
import static tallystick.reconcile.Fact.NODE_B;
import static tallystick.reconcile.Fact.at;
import static tallystick.reconcile.Fact.booked;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tallystick.kafka.RecordKeys;
import tallystick.kafka.Topic;
import tallystick.ledger.NodeId;
import tallystick.ledger.mismatch.RuleSet;
import tallystick.proto.v1.CoverageGap;
import tallystick.proto.v1.CoverageRecord;
import tallystick.proto.v1.Decision;
import tallystick.proto.v1.DecisionKind;
import tallystick.proto.v1.Stream;

/// Nodes that are not heard of, and numbers that they gave and that nothing carries.
class FollowedIT {
    private final FakeLog log = new FakeLog();
    private final TestLedger ledger = new TestLedger(log);

    @AfterEach
    void close() {
        ledger.checkIdentity();
        ledger.close();
    }

    private BatchApplier applier() {
        return new BatchApplier(
                ledger.transactions(),
                RuleSet.defaults(),
                FakeLog.byName(),
                FakeLog.CLUSTER,
                FakeLog.PARTITIONS,
                new Awaited());
    }

    private void decide(int minute) {
        applier().apply(log.readAll(), at(minute));
        applier().decideDue(List.of(0, 1), at(minute));
    }

    /// Code, node, minute since when, episode.
    private List<String> open() {
        return ledger.rows(
                "SELECT concat_ws(' ', code, nullif(left(node, 4), ''), extract(epoch FROM since - '%s')::bigint / 60, episode)"
                                .formatted(Fact.DAY)
                        + " FROM register.mismatch WHERE state = 'OPEN' ORDER BY 1");
    }

    private void tell(
            NodeId node, Stream stream, int minute, boolean isProof, CoverageGap... gaps) {
        for (int number = 0; number < FakeLog.PARTITIONS; number++) {
            log.append(
                    Topic.COVERAGE,
                    number,
                    RecordKeys.bytes(node.pubkey()),
                    CoverageRecord.newBuilder()
                            .setNode(node.pubkey())
                            .setStream(stream)
                            .setProvenUntilNs(isProof ? Times.nanos(at(minute)) : 0)
                            .setSeenAtNs(Times.nanos(at(minute)))
                            .setPartition(number)
                            .addAllGaps(List.of(gaps))
                            .build()
                            .toByteArray());
        }
    }

    private static CoverageGap gap(int from, int to, CoverageGap.State state) {
        return CoverageGap.newBuilder()
                .setKind(CoverageGap.Kind.KIND_SETTLE_INDEX)
                .setFrom(from)
                .setTo(to)
                .setState(state)
                .build();
    }

    @Test
    void aNodeThatIsNotHeardOfOpensUntilItIsHeardOfAgain() {
        Fact.cover(log, NODE_A, 10);
        Fact.cover(log, NODE_B, 18);
        decide(19);
        assertThat(open()).isEmpty();

        decide(20);
        assertThat(open()).containsExactly("NODE_UNREACHABLE 02a1 20 1");

        Fact.cover(log, NODE_A, 25);
        decide(25);
        assertThat(open()).isEmpty();

        decide(40);
        assertThat(open())
                .containsExactly("NODE_UNREACHABLE 02a1 35 2", "NODE_UNREACHABLE 03b2 28 1");
    }

    @Test
    void aStreamThatStandsStillOpensWhileItsNodeIsHeardOf() {
        Fact.cover(log, NODE_A, 10);
        tell(NODE_A, Stream.STREAM_INVOICES, 19, true);
        tell(NODE_A, Stream.STREAM_PAYMENTS, 19, true);
        decide(21);
        assertThat(open()).containsExactly("STREAM_STALLED 02a1 20 1");
        assertThat(ledger.rows("SELECT sentence FROM register.mismatch"))
                .singleElement()
                .asString()
                .contains("forwards");

        Fact.cover(log, NODE_A, 22);
        decide(22);
        assertThat(open()).isEmpty();
    }

    @Test
    void whileNumbersAreMissingNoReceiptIsCalledMissing() {
        Fact.cover(log, NODE_A, 10);
        log.append(booked("e1", ENTRY_KIND_RECEIPT, 1, 5_000, 11));
        log.append(booked("e2", ENTRY_KIND_PAYMENT, 2, 5_000, 11));
        tell(
                NODE_A,
                Stream.STREAM_INVOICES,
                12,
                false,
                gap(7, 8, CoverageGap.State.STATE_UNPROVEN));
        decide(12);
        assertThat(open()).containsExactly("GAP_UNPROVEN 02a1 12 1");

        Fact.cover(log, NODE_A, 19);
        decide(19);
        assertThat(open()).containsExactly("BOOKED_NOT_ON_NODE 16 1", "GAP_UNPROVEN 02a1 12 1");
        assertThat(ledger.rows("SELECT amount_msat FROM register.mismatch WHERE books_msat > 0"))
                .as("receipts")
                .isEmpty();

        tell(NODE_A, Stream.STREAM_INVOICES, 20, true, gap(7, 8, CoverageGap.State.STATE_EMPTY));
        decide(20);
        assertThat(open()).containsExactly("BOOKED_NOT_ON_NODE 16 1", "BOOKED_NOT_ON_NODE 16 1");

        tell(
                NODE_A,
                Stream.STREAM_INVOICES,
                21,
                false,
                gap(9, 9, CoverageGap.State.STATE_UNPROVEN));
        decide(21);
        assertThat(open()).contains("GAP_UNPROVEN 02a1 21 2");
    }

    @Test
    void whatIsSetAsideIsNotCalledMissingEitherWhileNumbersAre() {
        Fact.cover(log, NODE_A, 10);
        log.append(booked("e1", ENTRY_KIND_RECEIPT, 1, 5_000, 11));
        Fact.cover(log, NODE_A, 16);
        decide(16);
        assertThat(open()).containsExactly("BOOKED_NOT_ON_NODE 16 1");
        log.append(setAside("BOOKED_NOT_ON_NODE", "payment_hash:" + Fact.hash(1), 5_000));
        decide(17);
        assertThat(standing()).containsExactly("BOOKED_NOT_ON_NODE IGNORED");

        tell(
                NODE_A,
                Stream.STREAM_INVOICES,
                18,
                false,
                gap(7, 8, CoverageGap.State.STATE_UNPROVEN));
        decide(18);
        assertThat(standing()).containsExactly("GAP_UNPROVEN OPEN");

        tell(NODE_A, Stream.STREAM_INVOICES, 19, true, gap(7, 8, CoverageGap.State.STATE_EMPTY));
        decide(19);
        assertThat(standing()).containsExactly("BOOKED_NOT_ON_NODE IGNORED");
    }

    private List<String> standing() {
        return ledger.rows(
                "SELECT code || ' ' || state FROM register.mismatch WHERE state <> 'CLOSED' ORDER BY 1");
    }

    private static Fact setAside(String code, String reference, long seen) {
        return new Fact(
                Topic.DECISIONS,
                Fact.hash(1),
                Decision.newBuilder()
                        .setDecisionId("d1")
                        .setMismatchId(Digests.hex(Digests.mismatchId(code, reference, "")))
                        .setKind(DecisionKind.DECISION_KIND_IGNORE)
                        .setPerson("ann")
                        .setReason("seen")
                        .setDecidedAtNs(Times.nanos(at(17)))
                        .setUntilNs(Times.nanos(at(900)))
                        .setReference(reference)
                        .setSeenAmountMsat(seen)
                        .build()
                        .toByteArray());
    }
}
