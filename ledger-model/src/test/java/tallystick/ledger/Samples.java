package tallystick.ledger;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.Item;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.PaymentState;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.item.ReceiptState;

/// Nodes, moments and halves that tests tell their stories with.
public final class Samples {
    public static final NodeId ALICE = new NodeId("02" + "a1".repeat(32));
    public static final NodeId BOB = new NodeId("03" + "b0".repeat(32));
    public static final String HASH = "5e".repeat(32);
    public static final Reference PAYMENT_HASH = new Reference.Payment(HASH);
    public static final String TXID = "7c".repeat(32);

    /// When invoices and payments of the stories are made.
    public static final Instant START = Instant.parse("2026-11-22T09:00:00Z");

    private Samples() {}

    /// So many minutes after the start.
    public static Instant minute(long minutes) {
        return START.plus(Duration.ofMinutes(minutes));
    }

    public static Item nothingKnown() {
        return Item.empty(ItemKey.ofPayment(HASH));
    }

    /// An invoice of one hour, made at the start.
    public static Receipt invoice(ReceiptState state, long requestedMsat) {
        return receipt(state, requestedMsat, 0, Optional.empty());
    }

    /// An invoice that was paid in one part, asked for as it came.
    public static Receipt settled(long receivedMsat, Instant at) {
        return settled(receivedMsat, receivedMsat, at);
    }

    public static Receipt settled(long requestedMsat, long receivedMsat, Instant at) {
        return receipt(ReceiptState.SETTLED, requestedMsat, receivedMsat, Optional.of(at));
    }

    /// A receipt that nobody asked for.
    public static Receipt spontaneous(long receivedMsat, Instant at) {
        return new Receipt(
                ReceiptState.SETTLED,
                new Receipt.Terms(at, Duration.ZERO, Msat.ZERO),
                Msat.of(receivedMsat),
                Optional.of(Msat.of(receivedMsat)),
                Optional.of(at),
                false,
                true,
                0,
                Optional.empty(),
                parts(receivedMsat));
    }

    /// One settled set of an AMP invoice.
    public static Receipt ampSet(long requestedMsat, long receivedMsat, Instant at) {
        Receipt plain = settled(requestedMsat, receivedMsat, at);
        return new Receipt(
                plain.state(),
                plain.terms(),
                plain.received(),
                plain.firstReceived(),
                plain.settledAt(),
                true,
                false,
                0,
                Optional.empty(),
                plain.htlcs());
    }

    /// An AMP invoice itself, which was paid through so many sets.
    public static Receipt ampInvoice(long requestedMsat, int settledSets) {
        return unpaid(ReceiptState.OPEN, requestedMsat, settledSets, Optional.empty());
    }

    /// The invoice when it was seen canceled.
    public static Receipt canceled(long requestedMsat, Instant seenAt) {
        return unpaid(ReceiptState.CANCELED, requestedMsat, 0, Optional.of(seenAt));
    }

    private static Receipt unpaid(
            ReceiptState state,
            long requestedMsat,
            int settledSets,
            Optional<Instant> canceledSeenAt) {
        Receipt plain = invoice(state, requestedMsat);
        return new Receipt(
                plain.state(),
                plain.terms(),
                plain.received(),
                plain.firstReceived(),
                plain.settledAt(),
                false,
                false,
                settledSets,
                canceledSeenAt,
                plain.htlcs());
    }

    private static Receipt receipt(
            ReceiptState state, long requestedMsat, long receivedMsat, Optional<Instant> at) {
        return new Receipt(
                state,
                new Receipt.Terms(START, Duration.ofHours(1), Msat.of(requestedMsat)),
                Msat.of(receivedMsat),
                at.map(_ -> Msat.of(receivedMsat)),
                at,
                false,
                false,
                0,
                Optional.empty(),
                receivedMsat == 0 ? Collections.emptySortedMap() : parts(receivedMsat));
    }

    /// Settled parts of the given amounts, each a total of its own, that came one after the other.
    public static SortedMap<Receipt.HtlcKey, Receipt.Htlc> parts(long... amountsMsat) {
        SortedMap<Receipt.HtlcKey, Receipt.Htlc> result = new TreeMap<>();
        for (int i = 0; i < amountsMsat.length; i++) {
            Msat amount = Msat.of(amountsMsat[i]);
            long second = START.getEpochSecond() + i;
            result.put(
                    new Receipt.HtlcKey(77, i),
                    new Receipt.Htlc(HtlcState.SETTLED, amount, amount, second, second));
        }
        return result;
    }

    /// A payment made at the start that succeeded, in one attempt.
    public static Payment paid(long amountMsat, long feeMsat, Instant at) {
        return new Payment(
                PaymentState.SUCCEEDED,
                START,
                Msat.of(amountMsat),
                Msat.of(feeMsat),
                Optional.of(at),
                attempts(HtlcState.SETTLED, amountMsat, feeMsat, Optional.of(at)));
    }

    public static Payment failed(long amountMsat, Instant at) {
        return new Payment(
                PaymentState.FAILED,
                START,
                Msat.of(amountMsat),
                Msat.ZERO,
                Optional.of(at),
                attempts(HtlcState.FAILED, amountMsat, 0, Optional.of(at)));
    }

    /// Under way, with one HTLC that expires at block 1000.
    public static Payment underWay(long amountMsat, long feeMsat) {
        return new Payment(
                PaymentState.IN_FLIGHT,
                START,
                Msat.of(amountMsat),
                Msat.ZERO,
                Optional.empty(),
                attempts(HtlcState.IN_FLIGHT, amountMsat, feeMsat, Optional.empty()));
    }

    /// Called under way, though its only attempt has failed.
    public static Payment emptyHanded(long amountMsat, Instant attemptFailedAt) {
        return new Payment(
                PaymentState.IN_FLIGHT,
                START,
                Msat.of(amountMsat),
                Msat.ZERO,
                Optional.empty(),
                attempts(HtlcState.FAILED, amountMsat, 0, Optional.of(attemptFailedAt)));
    }

    private static SortedMap<Long, Payment.Attempt> attempts(
            HtlcState state, long amountMsat, long feeMsat, Optional<Instant> resolvedAt) {
        SortedMap<Long, Payment.Attempt> result = new TreeMap<>();
        result.put(
                1L,
                new Payment.Attempt(
                        state,
                        88,
                        Msat.of(amountMsat + feeMsat),
                        Msat.of(feeMsat),
                        START,
                        resolvedAt,
                        1_000));
        return result;
    }
}
