package tallystick.ledger.refund;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tallystick.ledger.Msat;
import tallystick.ledger.item.Channel;
import tallystick.ledger.item.Channel.Close;
import tallystick.ledger.item.Channel.Pending;
import tallystick.ledger.item.Channel.PendingHtlc;
import tallystick.ledger.item.Channel.Resolution;
import tallystick.ledger.item.Channel.Stage;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.Payment.Attempt;
import tallystick.ledger.item.PaymentState;
import tallystick.ledger.refund.Refund.Verdict;

class RefundTest {
    private static final long CHAN = 7;
    private static final int HEIGHT = 600;
    private static final Instant FAILED_AT = Instant.parse("2026-11-22T09:00:00Z");
    private static final Instant READ_UNTIL = FAILED_AT.plusSeconds(60);
    private static final long AMOUNT_SAT = 1_000;

    private static Attempt attempt(HtlcState state, int expiry) {
        return new Attempt(
                state,
                CHAN,
                Msat.of(AMOUNT_SAT * Msat.PER_SAT + 999),
                Msat.of(999),
                Instant.EPOCH,
                state == HtlcState.IN_FLIGHT ? Optional.empty() : Optional.of(FAILED_AT),
                expiry);
    }

    private static Payment payment(PaymentState state, Attempt... attempts) {
        SortedMap<Long, Attempt> byId = new TreeMap<>();
        for (Attempt attempt : attempts) {
            byId.put((long) byId.size() + 1, attempt);
        }
        return new Payment(
                state,
                Instant.EPOCH,
                Msat.of(AMOUNT_SAT * Msat.PER_SAT),
                Msat.ZERO,
                Optional.empty(),
                byId);
    }

    private static Payment failed(HtlcState attempt) {
        return payment(PaymentState.FAILED, attempt(attempt, 590));
    }

    private static Channel channel(
            Stage stage, Map<String, Resolution> resolutions, Map<String, PendingHtlc> htlcs) {
        return new Channel(
                stage,
                Instant.EPOCH,
                Optional.empty(),
                Msat.of(1),
                Msat.ZERO,
                true,
                Channel.Opener.LOCAL,
                new TreeSet<>(List.of(CHAN)),
                new Close(
                        Collections.emptySortedMap(),
                        "",
                        new TreeMap<>(resolutions),
                        new Pending(0, 1, 0, new TreeMap<>(htlcs))),
                Channel.Links.NONE);
    }

    private static Refund refund(Payment payment, Channel channel, Map<String, Integer> confirmed) {
        return Refund.of(
                payment,
                new NodeChain(HEIGHT, Optional.of(READ_UNTIL), Map.of(CHAN, channel), confirmed));
    }

    private static Refund refund(Payment payment, Stage stage) {
        return refund(payment, channel(stage, Map.of(), Map.of()), Map.of());
    }

    private static Resolution outgoing(String outcome, long sat, String sweepTxid) {
        return new Resolution("OUTGOING_HTLC", outcome, sat, sweepTxid);
    }

    private static Refund closed(HtlcState attempt, Resolution resolution, int sweptAt) {
        return refund(
                failed(attempt),
                channel(Stage.CLOSED, Map.of("out:1", resolution), Map.of()),
                Map.of("sweep", sweptAt));
    }

    @Test
    void whatNeverLeftIsSafe() {
        assertThat(refund(payment(PaymentState.FAILED), Stage.OPEN).verdict())
                .isEqualTo(Verdict.SAFE);
    }

    @Test
    void whatWasTakenBackOffChainIsSafe() {
        assertThat(refund(failed(HtlcState.FAILED), Stage.OPEN).verdict()).isEqualTo(Verdict.SAFE);
    }

    @Test
    void aPaymentThatIsStillTriedIsNot() {
        Refund refund =
                refund(payment(PaymentState.IN_FLIGHT, attempt(HtlcState.FAILED, 590)), Stage.OPEN);

        assertThat(refund.verdict()).isEqualTo(Verdict.NOT_YET);
        assertThat(refund.waitsFor()).singleElement().asString().contains("a further attempt");
        assertThat(refund.finalAt()).isEmpty();
    }

    @Test
    void whatIsInFlightCanFailFinallyAfterTheLastExpiry() {
        Refund refund =
                refund(
                        payment(
                                PaymentState.IN_FLIGHT,
                                attempt(HtlcState.IN_FLIGHT, 640),
                                attempt(HtlcState.IN_FLIGHT, 655),
                                attempt(HtlcState.FAILED, 700)),
                        Stage.OPEN);

        assertThat(refund.verdict()).isEqualTo(Verdict.NOT_YET);
        // Timed out in block 656 at the earliest, with three blocks on top.
        assertThat(refund.finalAt()).hasValue(659);
    }

    @Test
    void thatTheHeightHasPassedIsNotEnough() {
        for (Stage stage : Stage.values()) {
            Refund refund = refund(failed(HtlcState.IN_FLIGHT), stage);

            assertThat(refund.verdict()).as(stage.name()).isEqualTo(Verdict.NOT_YET);
            assertThat(refund.finalAt()).as(stage.name()).hasValue(HEIGHT + 1);
        }
    }

    @Test
    void whatSettledWasPaid() {
        assertThat(refund(failed(HtlcState.SETTLED), Stage.OPEN).verdict()).isEqualTo(Verdict.PAID);
        assertThat(refund(payment(PaymentState.SUCCEEDED), Stage.OPEN).verdict())
                .isEqualTo(Verdict.PAID);
    }

    @Test
    void aClosedChannelsHtlcKeepsItOpen() {
        PendingHtlc htlc = new PendingHtlc(false, AMOUNT_SAT, 590, 1);
        Refund refund =
                refund(
                        failed(HtlcState.FAILED),
                        channel(Stage.FORCE_CLOSING, Map.of(), Map.of("out:1", htlc)),
                        Map.of());

        assertThat(refund.verdict()).isEqualTo(Verdict.NOT_YET);
        assertThat(refund.waitsFor()).singleElement().asString().contains("out:1", "stage 1");
    }

    @Test
    void untilAllIsResolvedNobodyKnowsHowItEnded() {
        assertThat(refund(failed(HtlcState.FAILED), Stage.CLOSING).verdict())
                .isEqualTo(Verdict.NOT_YET);
        assertThat(refund(failed(HtlcState.FAILED), Stage.FORCE_CLOSING).verdict())
                .isEqualTo(Verdict.NOT_YET);
    }

    @Test
    void whatTimedOutOnChainMustBeBuried() {
        Resolution timeout = outgoing("TIMEOUT", AMOUNT_SAT, "sweep");
        for (HtlcState told : List.of(HtlcState.FAILED, HtlcState.IN_FLIGHT)) {
            assertThat(closed(told, timeout, HEIGHT - 3).verdict()).isEqualTo(Verdict.SAFE);

            Refund fresh = closed(told, timeout, HEIGHT - 2);
            assertThat(fresh.verdict()).isEqualTo(Verdict.NOT_YET);
            assertThat(fresh.finalAt()).hasValue(HEIGHT + 1);
            assertThat(fresh.waitsFor()).singleElement().asString().contains("sweep", "601");
        }
    }

    @Test
    void aTimeoutThatNobodySawConfirmedIsNone() {
        Refund refund =
                closed(HtlcState.FAILED, outgoing("TIMEOUT", AMOUNT_SAT, "other"), HEIGHT - 9);

        assertThat(refund.verdict()).isEqualTo(Verdict.NOT_YET);
        assertThat(refund.waitsFor()).singleElement().asString().contains("transaction other");
    }

    @Test
    void whatThePeerClaimedOnChainWasPaid() {
        Resolution claimed = outgoing("CLAIMED", AMOUNT_SAT, "");

        assertThat(closed(HtlcState.IN_FLIGHT, claimed, 1).verdict()).isEqualTo(Verdict.PAID);
        assertThat(closed(HtlcState.FAILED, claimed, 1).verdict()).isEqualTo(Verdict.PAID);
    }

    @Test
    void whatWasClaimedForAnotherPaymentDoesNotMatterOnceItFailed() {
        assertThat(closed(HtlcState.FAILED, outgoing("CLAIMED", 300, ""), 1).verdict())
                .isEqualTo(Verdict.SAFE);
        assertThat(closed(HtlcState.IN_FLIGHT, outgoing("CLAIMED", 1_001, ""), 1).verdict())
                .isEqualTo(Verdict.NOT_YET);
    }

    @Test
    void whatTheChannelsAreNotReadForIsNotKnown() {
        NodeChain stale =
                new NodeChain(
                        HEIGHT,
                        Optional.of(FAILED_AT.minusSeconds(1)),
                        Map.of(CHAN, channel(Stage.OPEN, Map.of(), Map.of())),
                        Map.of());

        assertThat(Refund.of(failed(HtlcState.FAILED), stale).verdict()).isEqualTo(Verdict.NOT_YET);
    }

    @Test
    void anUnknownChannelIsNoReasonToBelieve() {
        NodeChain nothing = new NodeChain(HEIGHT, Optional.of(READ_UNTIL), Map.of(), Map.of());

        assertThat(Refund.of(failed(HtlcState.FAILED), nothing).waitsFor())
                .singleElement()
                .asString()
                .contains("its channel is not known");
    }
}
