package tallystick.reconcile;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;
import tallystick.ledger.Reference;
import tallystick.ledger.books.BookEntry;
import tallystick.ledger.books.EntryKind;
import tallystick.ledger.item.HtlcState;
import tallystick.ledger.item.NodeFacts;
import tallystick.ledger.item.Payment;
import tallystick.ledger.item.PaymentState;
import tallystick.ledger.item.Receipt;
import tallystick.ledger.item.ReceiptState;
import tallystick.ledger.item.StandingEntry;

/// The usual parts of a body, see `ItemCodec`. Each is written and read field by field, in this order; a field with a flag is
/// there when its flag is set, and flags without a field say something by themselves.
///
/// | part | fields, with their flags |
/// |---|---|
/// | receipt | state, flags, created at (time), requested (1), expiry in s (2), received (128), first received (256), settled at (16, time), canceled seen at (512, time), settled sets (4096), memo (64), HTLCs (32: count, HTLC) |
/// | | received is as requested (4), first received is as received (8), AMP set (1024), spontaneous (2048) |
/// | HTLC | channel (fixed), index, state, flags, total (2), amount (unless 4), accepted at (8, s), resolved at (16, s), expiry height (32), least (64) |
/// | | total is as that of the HTLC before; of the first, as received or else as requested (1); amount is as total (4) |
/// | payment | state, flags, created at (time), amount, fee (1), resolved at (2, time), attempts (4: count, attempt), failed tries (8: count, began at, failed at) |
/// | attempt | id, channel (fixed), state, flags, total (unless 1), fee (unless 2), sent at (time), resolved at (8, time), expiry height (16), least total (32) |
/// | | total is as amount and fee of the payment (1), fee is as that of the payment (2), resolved at is as that of the payment (4) |
/// | forward | flags, channel in (fixed), channel out (fixed), amount in, amount in less amount out (signed), settled at (time), least in (1), least out (2) |
/// | entry | flags, source, number, kind, booked at (time), account, amount, node (1), value date in days from the UTC day of booked at (2, signed), memo (4), order (8), reverses (16), fee limit (32), reference (64), reused (256: count, amount, booked at (time)) |
/// | | reference is the AMP set of the item's hash (128) |
///
/// Amounts are msat.
final class ItemParts {
    // By number: what is added to an enum is added to the end here, wherever it stands there.
    private static final List<ReceiptState> RECEIPT_STATES =
            List.of(
                    ReceiptState.OPEN,
                    ReceiptState.ACCEPTED,
                    ReceiptState.CANCELED,
                    ReceiptState.SETTLED);
    private static final List<HtlcState> HTLC_STATES =
            List.of(HtlcState.IN_FLIGHT, HtlcState.FAILED, HtlcState.SETTLED);
    private static final List<PaymentState> PAYMENT_STATES =
            List.of(
                    PaymentState.INITIATED,
                    PaymentState.IN_FLIGHT,
                    PaymentState.FAILED,
                    PaymentState.SUCCEEDED);
    private static final List<EntryKind> ENTRY_KINDS =
            List.of(
                    EntryKind.RECEIPT,
                    EntryKind.PAYMENT,
                    EntryKind.ROUTING_FEE,
                    EntryKind.ROUTING_INCOME,
                    EntryKind.REBALANCE_FEE,
                    EntryKind.HOLD,
                    EntryKind.HOLD_RELEASE,
                    EntryKind.CHAIN_RECEIPT,
                    EntryKind.CHAIN_PAYMENT,
                    EntryKind.CHAIN_FEE,
                    EntryKind.CHANNEL_OPEN,
                    EntryKind.CHANNEL_CLOSE,
                    EntryKind.ADJUSTMENT_IN,
                    EntryKind.ADJUSTMENT_OUT,
                    EntryKind.REVERSAL);

    private static final long SECONDS_PER_DAY = Duration.ofDays(1).toSeconds();

    private ItemParts() {}

    private static int flag(boolean isSet, int flag) {
        return isSet ? flag : 0;
    }

    /// Those of receipts. Most have the first seven only, which take one byte.
    private static final class OfReceipt {
        static final int REQUESTED = 1;
        static final int EXPIRY = 1 << 1;
        static final int RECEIVED_AS_REQUESTED = 1 << 2;
        static final int FIRST_AS_RECEIVED = 1 << 3;
        static final int SETTLED_AT = 1 << 4;
        static final int HTLCS = 1 << 5;
        static final int MEMO = 1 << 6;
        static final int RECEIVED = 1 << 7;
        static final int FIRST_RECEIVED = 1 << 8;
        static final int CANCELED_SEEN_AT = 1 << 9;
        static final int AMP_SET = 1 << 10;
        static final int SPONTANEOUS = 1 << 11;
        static final int SETTLED_SETS = 1 << 12;
        static final int ALL = (1 << 13) - 1;

        private OfReceipt() {}

        static int of(Receipt receipt) {
            Receipt.Terms terms = receipt.terms();
            boolean isReceivedAsRequested = receipt.received().equals(terms.requested());
            boolean hasFirst = receipt.firstReceived().isPresent();
            boolean isFirstAsReceived =
                    hasFirst && receipt.firstReceived().get().equals(receipt.received());
            return flag(!terms.requested().isZero(), REQUESTED)
                    | flag(!terms.expiry().isZero(), EXPIRY)
                    | flag(isReceivedAsRequested, RECEIVED_AS_REQUESTED)
                    | flag(isFirstAsReceived, FIRST_AS_RECEIVED)
                    | flag(receipt.settledAt().isPresent(), SETTLED_AT)
                    | flag(!receipt.htlcs().isEmpty(), HTLCS)
                    | flag(!terms.memo().isEmpty(), MEMO)
                    | flag(!isReceivedAsRequested && !receipt.received().isZero(), RECEIVED)
                    | flag(hasFirst && !isFirstAsReceived, FIRST_RECEIVED)
                    | flag(receipt.canceledSeenAt().isPresent(), CANCELED_SEEN_AT)
                    | flag(receipt.isAmpSet(), AMP_SET)
                    | flag(receipt.isSpontaneous(), SPONTANEOUS)
                    | flag(receipt.settledSets() != 0, SETTLED_SETS);
        }
    }

    static void write(BodyWriter body, Receipt receipt) {
        Receipt.Terms terms = receipt.terms();
        int flags = OfReceipt.of(receipt);
        body.oneOf(RECEIPT_STATES, receipt.state());
        body.number(flags);
        body.time(terms.createdAt());
        if ((flags & OfReceipt.REQUESTED) != 0) {
            body.number(terms.requested().value());
        }
        if ((flags & OfReceipt.EXPIRY) != 0) {
            body.number(terms.expiry().toSeconds());
        }
        if ((flags & OfReceipt.RECEIVED) != 0) {
            body.number(receipt.received().value());
        }
        if ((flags & OfReceipt.FIRST_RECEIVED) != 0) {
            body.number(receipt.firstReceived().orElseThrow().value());
        }
        receipt.settledAt().ifPresent(body::time);
        receipt.canceledSeenAt().ifPresent(body::time);
        if ((flags & OfReceipt.SETTLED_SETS) != 0) {
            body.number(receipt.settledSets());
        }
        if ((flags & OfReceipt.MEMO) != 0) {
            body.text(terms.memo());
        }
        if ((flags & OfReceipt.HTLCS) != 0) {
            body.number(receipt.htlcs().size());
            Msat total = firstTotal(terms.requested(), receipt.received());
            for (var one : receipt.htlcs().entrySet()) {
                write(body, one.getKey(), one.getValue(), total);
                total = one.getValue().total();
            }
        }
    }

    /// What the first HTLC most likely announces for all parts.
    private static Msat firstTotal(Msat requested, Msat received) {
        return received.isZero() ? requested : received;
    }

    static Receipt receipt(BodyReader body) {
        ReceiptState state = body.oneOf(RECEIPT_STATES);
        int flags = body.flags(OfReceipt.ALL);
        Instant createdAt = body.time();
        Msat requested = msat(body, flags, OfReceipt.REQUESTED, Msat.ZERO);
        Duration expiry =
                (flags & OfReceipt.EXPIRY) == 0 ? Duration.ZERO : Duration.ofSeconds(body.number());
        Msat otherwise = (flags & OfReceipt.RECEIVED_AS_REQUESTED) == 0 ? Msat.ZERO : requested;
        Msat received = msat(body, flags, OfReceipt.RECEIVED, otherwise);
        boolean hasFirst = (flags & (OfReceipt.FIRST_AS_RECEIVED | OfReceipt.FIRST_RECEIVED)) != 0;
        Optional<Msat> first =
                hasFirst
                        ? Optional.of(msat(body, flags, OfReceipt.FIRST_RECEIVED, received))
                        : Optional.empty();
        Optional<Instant> settledAt = time(body, flags, OfReceipt.SETTLED_AT);
        Optional<Instant> canceledSeenAt = time(body, flags, OfReceipt.CANCELED_SEEN_AT);
        int settledSets =
                (flags & OfReceipt.SETTLED_SETS) == 0 ? 0 : Math.toIntExact(body.number());
        String memo = (flags & OfReceipt.MEMO) == 0 ? "" : body.text();
        return new Receipt(
                state,
                new Receipt.Terms(createdAt, expiry, requested, memo),
                received,
                first,
                settledAt,
                (flags & OfReceipt.AMP_SET) != 0,
                (flags & OfReceipt.SPONTANEOUS) != 0,
                settledSets,
                canceledSeenAt,
                htlcs(body, flags, firstTotal(requested, received)));
    }

    private static SortedMap<Receipt.HtlcKey, Receipt.Htlc> htlcs(
            BodyReader body, int flags, Msat firstTotal) {
        SortedMap<Receipt.HtlcKey, Receipt.Htlc> htlcs = new TreeMap<>();
        Msat total = firstTotal;
        for (int i = count(body, flags, OfReceipt.HTLCS); i > 0; i--) {
            Receipt.HtlcKey key = new Receipt.HtlcKey(body.fixed(), body.number());
            Receipt.Htlc htlc = htlc(body, total);
            htlcs.put(key, htlc);
            total = htlc.total();
        }
        return htlcs;
    }

    private static final class OfHtlc {
        static final int TOTAL_AS_BEFORE = 1;
        static final int TOTAL = 1 << 1;
        static final int AMOUNT_AS_TOTAL = 1 << 2;
        static final int ACCEPTED_AT = 1 << 3;
        static final int RESOLVED_AT = 1 << 4;
        static final int EXPIRY_HEIGHT = 1 << 5;
        static final int LEAST = 1 << 6;
        static final int ALL = (1 << 7) - 1;

        private OfHtlc() {}

        static int of(Receipt.Htlc htlc, Msat before) {
            boolean isTotalAsBefore = htlc.total().equals(before);
            return flag(isTotalAsBefore, TOTAL_AS_BEFORE)
                    | flag(!isTotalAsBefore && !htlc.total().isZero(), TOTAL)
                    | flag(htlc.amount().equals(htlc.total()), AMOUNT_AS_TOTAL)
                    | flag(htlc.acceptedAt() != 0, ACCEPTED_AT)
                    | flag(htlc.resolvedAt() != 0, RESOLVED_AT)
                    | flag(htlc.expiryHeight() != 0, EXPIRY_HEIGHT)
                    | flag(!htlc.least().equals(htlc.amount()), LEAST);
        }
    }

    private static void write(
            BodyWriter body, Receipt.HtlcKey key, Receipt.Htlc htlc, Msat totalBefore) {
        int flags = OfHtlc.of(htlc, totalBefore);
        body.fixed(key.chanId());
        body.number(key.index());
        body.oneOf(HTLC_STATES, htlc.state());
        body.number(flags);
        if ((flags & OfHtlc.TOTAL) != 0) {
            body.number(htlc.total().value());
        }
        if ((flags & OfHtlc.AMOUNT_AS_TOTAL) == 0) {
            body.number(htlc.amount().value());
        }
        if ((flags & OfHtlc.ACCEPTED_AT) != 0) {
            body.seconds(htlc.acceptedAt());
        }
        if ((flags & OfHtlc.RESOLVED_AT) != 0) {
            body.seconds(htlc.resolvedAt());
        }
        if ((flags & OfHtlc.EXPIRY_HEIGHT) != 0) {
            body.number(htlc.expiryHeight());
        }
        if ((flags & OfHtlc.LEAST) != 0) {
            body.number(htlc.least().value());
        }
    }

    private static Receipt.Htlc htlc(BodyReader body, Msat totalBefore) {
        HtlcState state = body.oneOf(HTLC_STATES);
        int flags = body.flags(OfHtlc.ALL);
        Msat otherwise = (flags & OfHtlc.TOTAL_AS_BEFORE) == 0 ? Msat.ZERO : totalBefore;
        Msat total = msat(body, flags, OfHtlc.TOTAL, otherwise);
        Msat amount = (flags & OfHtlc.AMOUNT_AS_TOTAL) == 0 ? Msat.of(body.number()) : total;
        long acceptedAt = (flags & OfHtlc.ACCEPTED_AT) == 0 ? 0 : body.seconds();
        long resolvedAt = (flags & OfHtlc.RESOLVED_AT) == 0 ? 0 : body.seconds();
        int expiryHeight = (flags & OfHtlc.EXPIRY_HEIGHT) == 0 ? 0 : (int) body.number();
        Msat least = msat(body, flags, OfHtlc.LEAST, amount);
        return new Receipt.Htlc(state, amount, total, acceptedAt, resolvedAt, expiryHeight, least);
    }

    private static final class OfPayment {
        static final int FEE = 1;
        static final int RESOLVED_AT = 1 << 1;
        static final int ATTEMPTS = 1 << 2;
        static final int FAILED_TRIES = 1 << 3;
        static final int ALL = (1 << 4) - 1;

        private OfPayment() {}

        static int of(Payment payment) {
            return flag(!payment.fee().isZero(), FEE)
                    | flag(payment.resolvedAt().isPresent(), RESOLVED_AT)
                    | flag(!payment.attempts().isEmpty(), ATTEMPTS)
                    | flag(!payment.failedTries().isEmpty(), FAILED_TRIES);
        }
    }

    static void write(BodyWriter body, Payment payment) {
        int flags = OfPayment.of(payment);
        body.oneOf(PAYMENT_STATES, payment.state());
        body.number(flags);
        body.time(payment.createdAt());
        body.number(payment.amount().value());
        if ((flags & OfPayment.FEE) != 0) {
            body.number(payment.fee().value());
        }
        payment.resolvedAt().ifPresent(body::time);
        if ((flags & OfPayment.ATTEMPTS) != 0) {
            body.number(payment.attempts().size());
            payment.attempts().forEach((id, attempt) -> write(body, id, attempt, payment));
        }
        if ((flags & OfPayment.FAILED_TRIES) != 0) {
            body.number(payment.failedTries().size());
            payment.failedTries()
                    .forEach(
                            (began, failed) -> {
                                body.time(began);
                                body.time(failed);
                            });
        }
    }

    static Payment payment(BodyReader body) {
        PaymentState state = body.oneOf(PAYMENT_STATES);
        int flags = body.flags(OfPayment.ALL);
        Instant createdAt = body.time();
        Msat amount = Msat.of(body.number());
        Msat fee = msat(body, flags, OfPayment.FEE, Msat.ZERO);
        Optional<Instant> resolvedAt = time(body, flags, OfPayment.RESOLVED_AT);
        SortedMap<Long, Payment.Attempt> attempts = new TreeMap<>();
        for (int i = count(body, flags, OfPayment.ATTEMPTS); i > 0; i--) {
            attempts.put(body.number(), attempt(body, amount, fee, resolvedAt));
        }
        SortedMap<Instant, Instant> failedTries =
                (flags & OfPayment.FAILED_TRIES) == 0
                        ? Collections.emptySortedMap()
                        : new TreeMap<>();
        for (int i = count(body, flags, OfPayment.FAILED_TRIES); i > 0; i--) {
            failedTries.put(body.time(), body.time());
        }
        return new Payment(state, createdAt, amount, fee, resolvedAt, attempts, failedTries);
    }

    private static final class OfAttempt {
        static final int TOTAL_AS_PAYMENT = 1;
        static final int FEE_AS_PAYMENT = 1 << 1;
        static final int RESOLVED_AS_PAYMENT = 1 << 2;
        static final int RESOLVED_AT = 1 << 3;
        static final int EXPIRY_HEIGHT = 1 << 4;
        static final int LEAST_TOTAL = 1 << 5;
        static final int ALL = (1 << 6) - 1;

        private OfAttempt() {}

        static int of(Payment.Attempt attempt, Payment payment) {
            long whole = payment.amount().value() + payment.fee().value();
            boolean isResolved = attempt.resolvedAt().isPresent();
            boolean isResolvedAsPayment =
                    isResolved && attempt.resolvedAt().equals(payment.resolvedAt());
            return flag(attempt.total().value() == whole, TOTAL_AS_PAYMENT)
                    | flag(attempt.fee().equals(payment.fee()), FEE_AS_PAYMENT)
                    | flag(isResolvedAsPayment, RESOLVED_AS_PAYMENT)
                    | flag(isResolved && !isResolvedAsPayment, RESOLVED_AT)
                    | flag(attempt.expiryHeight() != 0, EXPIRY_HEIGHT)
                    | flag(!attempt.leastTotal().equals(attempt.total()), LEAST_TOTAL);
        }
    }

    private static void write(BodyWriter body, long id, Payment.Attempt attempt, Payment payment) {
        int flags = OfAttempt.of(attempt, payment);
        body.number(id);
        body.fixed(attempt.chanId());
        body.oneOf(HTLC_STATES, attempt.state());
        body.number(flags);
        if ((flags & OfAttempt.TOTAL_AS_PAYMENT) == 0) {
            body.number(attempt.total().value());
        }
        if ((flags & OfAttempt.FEE_AS_PAYMENT) == 0) {
            body.number(attempt.fee().value());
        }
        body.time(attempt.sentAt());
        if ((flags & OfAttempt.RESOLVED_AT) != 0) {
            body.time(attempt.resolvedAt().orElseThrow());
        }
        if ((flags & OfAttempt.EXPIRY_HEIGHT) != 0) {
            body.number(attempt.expiryHeight());
        }
        if ((flags & OfAttempt.LEAST_TOTAL) != 0) {
            body.number(attempt.leastTotal().value());
        }
    }

    private static Payment.Attempt attempt(
            BodyReader body, Msat amount, Msat fee, Optional<Instant> resolvedAt) {
        long chanId = body.fixed();
        HtlcState state = body.oneOf(HTLC_STATES);
        int flags = body.flags(OfAttempt.ALL);
        Msat total =
                Msat.of(
                        (flags & OfAttempt.TOTAL_AS_PAYMENT) == 0
                                ? body.number()
                                : amount.value() + fee.value());
        Msat ownFee = (flags & OfAttempt.FEE_AS_PAYMENT) == 0 ? Msat.of(body.number()) : fee;
        Instant sentAt = body.time();
        Optional<Instant> ownResolvedAt =
                (flags & OfAttempt.RESOLVED_AS_PAYMENT) == 0
                        ? time(body, flags, OfAttempt.RESOLVED_AT)
                        : resolvedAt;
        int expiryHeight = (flags & OfAttempt.EXPIRY_HEIGHT) == 0 ? 0 : (int) body.number();
        Msat leastTotal = msat(body, flags, OfAttempt.LEAST_TOTAL, total);
        return new Payment.Attempt(
                state, chanId, total, ownFee, sentAt, ownResolvedAt, expiryHeight, leastTotal);
    }

    private static final class OfForward {
        static final int LEAST_IN = 1;
        static final int LEAST_OUT = 1 << 1;
        static final int ALL = (1 << 2) - 1;

        private OfForward() {}
    }

    static void write(BodyWriter body, NodeFacts.Forward forward) {
        int flags =
                flag(!forward.leastIn().equals(forward.amountIn()), OfForward.LEAST_IN)
                        | flag(
                                !forward.leastOut().equals(forward.amountOut()),
                                OfForward.LEAST_OUT);
        body.number(flags);
        body.fixed(forward.chanIn());
        body.fixed(forward.chanOut());
        body.number(forward.amountIn().value());
        body.signed(forward.amountIn().value() - forward.amountOut().value());
        body.time(forward.settledAt());
        if ((flags & OfForward.LEAST_IN) != 0) {
            body.number(forward.leastIn().value());
        }
        if ((flags & OfForward.LEAST_OUT) != 0) {
            body.number(forward.leastOut().value());
        }
    }

    static NodeFacts.Forward forward(BodyReader body) {
        int flags = body.flags(OfForward.ALL);
        long chanIn = body.fixed();
        long chanOut = body.fixed();
        Msat amountIn = Msat.of(body.number());
        Msat amountOut = Msat.of(amountIn.value() - body.signed());
        return new NodeFacts.Forward(
                chanIn,
                chanOut,
                amountIn,
                amountOut,
                body.time(),
                msat(body, flags, OfForward.LEAST_IN, amountIn),
                msat(body, flags, OfForward.LEAST_OUT, amountOut));
    }

    private static final class OfEntry {
        static final int NODE = 1;
        static final int VALUE_DATE = 1 << 1;
        static final int MEMO = 1 << 2;
        static final int ORDER = 1 << 3;
        static final int REVERSES = 1 << 4;
        static final int FEE_LIMIT = 1 << 5;
        static final int REFERENCE = 1 << 6;
        static final int AMP_SET = 1 << 7;
        static final int REUSED = 1 << 8;
        static final int ALL = (1 << 9) - 1;

        private OfEntry() {}

        static int of(StandingEntry standing, Reference ofItem) {
            BookEntry entry = standing.entry();
            boolean isOfItem = entry.reference().equals(ofItem);
            boolean isAmpSet = !isOfItem && entry.reference().equals(ampSet(ofItem));
            return flag(entry.node().isPresent(), NODE)
                    | flag(entry.valueDate().toEpochDay() != day(entry.bookedAt()), VALUE_DATE)
                    | flag(!entry.memo().isEmpty(), MEMO)
                    | flag(entry.order().isPresent(), ORDER)
                    | flag(entry.reverses().isPresent(), REVERSES)
                    | flag(entry.feeLimit().isPresent(), FEE_LIMIT)
                    | flag(!isOfItem && !isAmpSet, REFERENCE)
                    | flag(isAmpSet, AMP_SET)
                    | flag(!standing.reused().isEmpty(), REUSED);
        }
    }

    private static long day(Instant time) {
        return Math.floorDiv(time.getEpochSecond(), SECONDS_PER_DAY);
    }

    /// The set id of the same bytes as the item's payment hash; of other items their reference.
    private static Reference ampSet(Reference ofItem) {
        return ofItem instanceof Reference.Payment(String hash)
                ? new Reference.AmpSet(hash)
                : ofItem;
    }

    static void write(BodyWriter body, Reference ofItem, StandingEntry standing) {
        BookEntry entry = standing.entry();
        int flags = OfEntry.of(standing, ofItem);
        body.number(flags);
        body.text(entry.source());
        body.text(entry.entryId());
        body.oneOf(ENTRY_KINDS, entry.kind());
        body.time(entry.bookedAt());
        body.text(entry.account());
        body.number(entry.amount().value());
        entry.node().ifPresent(body::node);
        if ((flags & OfEntry.VALUE_DATE) != 0) {
            body.signed(entry.valueDate().toEpochDay() - day(entry.bookedAt()));
        }
        if ((flags & OfEntry.MEMO) != 0) {
            body.text(entry.memo());
        }
        entry.order().ifPresent(body::text);
        entry.reverses().ifPresent(body::text);
        entry.feeLimit().ifPresent(limit -> body.number(limit.value()));
        if ((flags & OfEntry.REFERENCE) != 0) {
            body.text(entry.reference().text());
        }
        if ((flags & OfEntry.REUSED) != 0) {
            body.number(standing.reused().size());
            standing.reused()
                    .forEach(
                            (amount, again) -> {
                                body.number(amount.value());
                                body.time(again);
                            });
        }
    }

    static StandingEntry entry(BodyReader body, Reference ofItem) {
        int flags = body.flags(OfEntry.ALL);
        String source = body.text();
        String entryId = body.text();
        EntryKind kind = body.oneOf(ENTRY_KINDS);
        Instant bookedAt = body.time();
        String account = body.text();
        Msat amount = Msat.of(body.number());
        Optional<NodeId> node =
                (flags & OfEntry.NODE) == 0 ? Optional.empty() : Optional.of(body.node());
        long days = (flags & OfEntry.VALUE_DATE) == 0 ? 0 : body.signed();
        String memo = (flags & OfEntry.MEMO) == 0 ? "" : body.text();
        Optional<String> order = text(body, flags, OfEntry.ORDER);
        Optional<String> reverses = text(body, flags, OfEntry.REVERSES);
        Optional<Msat> feeLimit =
                (flags & OfEntry.FEE_LIMIT) == 0
                        ? Optional.empty()
                        : Optional.of(Msat.of(body.number()));
        Reference reference = (flags & OfEntry.AMP_SET) == 0 ? ofItem : ampSet(ofItem);
        if ((flags & OfEntry.REFERENCE) != 0) {
            reference = Reference.parse(body.text());
        }
        BookEntry entry =
                new BookEntry(
                        entryId,
                        source,
                        bookedAt,
                        LocalDate.ofEpochDay(day(bookedAt) + days),
                        kind,
                        node,
                        reference,
                        amount,
                        account,
                        order,
                        reverses,
                        memo,
                        feeLimit);
        if ((flags & OfEntry.REUSED) == 0) {
            return StandingEntry.of(entry);
        }
        SortedMap<Msat, Instant> reused = new TreeMap<>();
        for (int i = body.count(); i > 0; i--) {
            reused.put(Msat.of(body.number()), body.time());
        }
        return new StandingEntry(entry, reused);
    }

    private static Msat msat(BodyReader body, int flags, int flag, Msat otherwise) {
        return (flags & flag) == 0 ? otherwise : Msat.of(body.number());
    }

    private static Optional<Instant> time(BodyReader body, int flags, int flag) {
        return (flags & flag) == 0 ? Optional.empty() : Optional.of(body.time());
    }

    private static Optional<String> text(BodyReader body, int flags, int flag) {
        return (flags & flag) == 0 ? Optional.empty() : Optional.of(body.text());
    }

    private static int count(BodyReader body, int flags, int flag) {
        return (flags & flag) == 0 ? 0 : body.count();
    }
}
