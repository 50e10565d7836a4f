package tallystick.ledger.item;

import static java.util.Comparator.comparing;
import static java.util.Comparator.comparingLong;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.ledger.Msat;

/// A node's half of what arrives: an invoice, a spontaneous receipt, or one AMP set. Immutable.
///
/// @param terms of the newest invoice under this hash
/// @param received for good; zero before SETTLED
/// @param firstReceived the least that was ever seen as received: what came later is more
/// @param settledAt the first settlement
/// @param isSpontaneous nobody asked for it
/// @param settledSets of an AMP invoice itself: more than 0 says that it was paid through its sets
/// @param canceledSeenAt when it was first seen CANCELED
/// @param htlcs by channel and index
public record Receipt(
        ReceiptState state,
        Terms terms,
        Msat received,
        Optional<Msat> firstReceived,
        Optional<Instant> settledAt,
        boolean isAmpSet,
        boolean isSpontaneous,
        int settledSets,
        Optional<Instant> canceledSeenAt,
        SortedMap<HtlcKey, Htlc> htlcs) {
    public Receipt {
        htlcs = Joins.frozen(htlcs);
    }

    /// What an invoice asks for, and until when.
    ///
    /// @param requested zero when it names no amount
    /// @param expiry zero when it does not expire
    /// @param memo its description, as far as it may name an order
    public record Terms(Instant createdAt, Duration expiry, Msat requested, String memo)
            implements Comparable<Terms> {
        /// Longer descriptions are cut: what names an order stands at the beginning.
        private static final int MEMO_MAX = 200;

        private static final Comparator<Terms> ORDER =
                comparing(Terms::createdAt)
                        .thenComparing(Terms::expiry)
                        .thenComparing(Terms::requested)
                        .thenComparing(Terms::memo);

        public Terms {
            memo = beginning(memo);
        }

        /// Cuts no character in two: half of one could not be stored, and would not be read back.
        private static String beginning(String memo) {
            if (memo.length() <= MEMO_MAX) {
                return memo;
            }
            boolean isInCharacter = Character.isHighSurrogate(memo.charAt(MEMO_MAX - 1));
            return memo.substring(0, isInCharacter ? MEMO_MAX - 1 : MEMO_MAX);
        }

        /// Without a description.
        public Terms(Instant createdAt, Duration expiry, Msat requested) {
            this(createdAt, expiry, requested, "");
        }

        @Override
        public int compareTo(Terms other) {
            return ORDER.compare(this, other);
        }

        public Optional<Instant> expiresAt() {
            return expiry.isZero() ? Optional.empty() : Optional.of(createdAt.plus(expiry));
        }
    }

    /// The channel an HTLC came in by, and its index there. Unique at a node.
    public record HtlcKey(long chanId, long index) implements Comparable<HtlcKey> {
        @Override
        public int compareTo(HtlcKey other) {
            int byChannel = Long.compareUnsigned(chanId, other.chanId);
            return byChannel != 0 ? byChannel : Long.compareUnsigned(index, other.index);
        }
    }

    /// One part.
    ///
    /// @param total what the sender announced for all parts; zero when nothing
    /// @param acceptedAt unix seconds
    /// @param resolvedAt unix seconds; 0 while in flight
    /// @param expiryHeight the block at which it goes back by itself; 0 when not known, and once it has ended
    /// @param least the least amount that it was said to have settled with: another than the amount contradicts it
    public record Htlc(
            HtlcState state,
            Msat amount,
            Msat total,
            long acceptedAt,
            long resolvedAt,
            int expiryHeight,
            Msat least) {
        private static final Comparator<Htlc> ARRIVAL =
                comparingLong(Htlc::resolvedAt)
                        .thenComparingLong(Htlc::acceptedAt)
                        .thenComparing(Htlc::amount);

        public Htlc {
            expiryHeight = state == HtlcState.IN_FLIGHT ? expiryHeight : 0;
            least = state == HtlcState.SETTLED ? least : amount;
        }

        /// As it is told once.
        public Htlc(
                HtlcState state,
                Msat amount,
                Msat total,
                long acceptedAt,
                long resolvedAt,
                int expiryHeight) {
            this(state, amount, total, acceptedAt, resolvedAt, expiryHeight, amount);
        }

        /// Without a deadline.
        public Htlc(HtlcState state, Msat amount, Msat total, long acceptedAt, long resolvedAt) {
            this(state, amount, total, acceptedAt, resolvedAt, 0);
        }

        Htlc join(Htlc other) {
            return new Htlc(
                    state.join(other.state),
                    max(amount, other.amount),
                    max(total, other.total),
                    Math.max(acceptedAt, other.acceptedAt),
                    Math.max(resolvedAt, other.resolvedAt),
                    Math.max(expiryHeight, other.expiryHeight),
                    Joins.leastSettled(state, least, other.state, other.least));
        }
    }

    Receipt join(Receipt other) {
        return new Receipt(
                state.join(other.state),
                terms.compareTo(other.terms) >= 0 ? terms : other.terms,
                max(received, other.received),
                Joins.either(
                        firstReceived, other.firstReceived, (a, b) -> a.compareTo(b) <= 0 ? a : b),
                Joins.earlier(settledAt, other.settledAt),
                isAmpSet || other.isAmpSet,
                isSpontaneous || other.isSpontaneous,
                Math.max(settledSets, other.settledSets),
                Joins.earlier(canceledSeenAt, other.canceledSeenAt),
                Joins.union(htlcs, other.htlcs, Htlc::join));
    }

    /// Without what people wrote.
    Receipt withoutTexts() {
        return terms.memo().isEmpty()
                ? this
                : new Receipt(
                        state,
                        new Terms(terms.createdAt(), terms.expiry(), terms.requested()),
                        received,
                        firstReceived,
                        settledAt,
                        isAmpSet,
                        isSpontaneous,
                        settledSets,
                        canceledSeenAt,
                        htlcs);
    }

    public boolean isSettled() {
        return state == ReceiptState.SETTLED;
    }

    /// What of it had settled by a moment, told by the second.
    Receipt until(Instant moment) {
        SortedMap<HtlcKey, Htlc> some = new TreeMap<>(htlcs);
        some.values().removeIf(htlc -> htlc.resolvedAt() > moment.getEpochSecond());
        long sum = 0;
        for (Htlc htlc : some.values()) {
            sum += htlc.state() == HtlcState.SETTLED ? htlc.amount().value() : 0;
        }
        boolean isSettledThen =
                settledAt.orElse(terms.createdAt()).getEpochSecond() <= moment.getEpochSecond();
        boolean isByHtlcs = some.size() < htlcs.size();
        Msat then = isByHtlcs ? Msat.of(sum) : received;
        return new Receipt(
                state,
                terms,
                isSettledThen || isByHtlcs ? then : Msat.ZERO,
                firstReceived,
                settledAt,
                isAmpSet,
                isSpontaneous,
                settledSets,
                canceledSeenAt,
                isSettledThen || isByHtlcs ? some : new TreeMap<>());
    }

    /// What came after the first settlement: zero unless the hash was paid more than once.
    public Msat receivedLater() {
        if (!isSettled()) {
            return Msat.ZERO;
        }
        Msat first = firstSettlement();
        Msat least = firstReceived.orElse(received);
        Msat before = first.compareTo(least) <= 0 ? first : least;
        return before.isZero() ? Msat.ZERO : received.distanceTo(before);
    }

    /// The parts, in order of arrival, up to the total that their sender announced. All of it when they are parts of one total.
    private Msat firstSettlement() {
        List<Htlc> settled =
                htlcs.values().stream()
                        .filter(htlc -> htlc.state() == HtlcState.SETTLED)
                        .sorted(Htlc.ARRIVAL)
                        .toList();
        Msat sum = Msat.ZERO;
        for (Htlc htlc : settled) {
            sum = sum.plus(htlc.amount());
            if (sum.compareTo(htlc.total()) >= 0) {
                return sum;
            }
        }
        return sum.isZero() ? received : sum;
    }

    private static Msat max(Msat a, Msat b) {
        return a.compareTo(b) >= 0 ? a : b;
    }
}
