package tallystick.ledger.item;

import static java.util.Comparator.comparing;

import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import tallystick.ledger.Msat;

/// A node's half of what leaves. A hash that failed may be tried again: the newest try counts, the attempts of all stay.
/// Immutable.
///
/// @param createdAt of the newest try
/// @param resolvedAt when the end was known
/// @param attempts by the node's attempt id
/// @param failedTries earlier tries that were said to have failed, by when they began: when that was
public record Payment(
        PaymentState state,
        Instant createdAt,
        Msat amount,
        Msat fee,
        Optional<Instant> resolvedAt,
        SortedMap<Long, Attempt> attempts,
        SortedMap<Instant, Instant> failedTries) {
    public Payment {
        attempts = Joins.frozen(attempts);
        failedTries = Joins.frozen(failedTries);
    }

    /// As it is told once.
    public Payment(
            PaymentState state,
            Instant createdAt,
            Msat amount,
            Msat fee,
            Optional<Instant> resolvedAt,
            SortedMap<Long, Attempt> attempts) {
        this(state, createdAt, amount, fee, resolvedAt, attempts, Collections.emptySortedMap());
    }

    /// One HTLC on its way out.
    ///
    /// @param chanId of the first hop
    /// @param total what leaves the channel, fee included
    /// @param expiryHeight failure is final only after it
    /// @param leastTotal the least total that it was said to have settled with: another than the total contradicts it
    public record Attempt(
            HtlcState state,
            long chanId,
            Msat total,
            Msat fee,
            Instant sentAt,
            Optional<Instant> resolvedAt,
            int expiryHeight,
            Msat leastTotal) {
        public Attempt {
            leastTotal = state == HtlcState.SETTLED ? leastTotal : total;
        }

        /// As it is told once.
        public Attempt(
                HtlcState state,
                long chanId,
                Msat total,
                Msat fee,
                Instant sentAt,
                Optional<Instant> resolvedAt,
                int expiryHeight) {
            this(state, chanId, total, fee, sentAt, resolvedAt, expiryHeight, total);
        }

        /// The state decides; the rest only makes the choice the same in whatever order they come.
        private static final Comparator<Attempt> RANK =
                comparing(Attempt::state)
                        .thenComparing(Attempt::total)
                        .thenComparing(Attempt::fee)
                        .thenComparingLong(Attempt::chanId)
                        .thenComparing(Attempt::sentAt);

        Attempt join(Attempt other) {
            Attempt newer = RANK.compare(this, other) >= 0 ? this : other;
            return new Attempt(
                    newer.state,
                    newer.chanId,
                    newer.total,
                    newer.fee,
                    newer.sentAt,
                    Joins.later(resolvedAt, other.resolvedAt),
                    Math.max(expiryHeight, other.expiryHeight),
                    Joins.leastSettled(state, leastTotal, other.state, other.leastTotal));
        }
    }

    Payment join(Payment other) {
        int order = compareVersion(this, other);
        Payment newer = order >= 0 ? this : other;
        boolean same = order == 0;
        SortedMap<Instant, Instant> failed =
                Joins.union(failedTries, other.failedTries, Joins::later);
        Payment older = order >= 0 ? other : this;
        if (!same && older.state == PaymentState.FAILED) {
            failed.merge(older.createdAt, older.failedAt(), Joins::later);
        }
        return new Payment(
                newer.state,
                newer.createdAt,
                same ? max(amount, other.amount) : newer.amount,
                same ? max(fee, other.fee) : newer.fee,
                same ? Joins.later(resolvedAt, other.resolvedAt) : newer.resolvedAt,
                Joins.union(attempts, other.attempts, Attempt::join),
                failed);
    }

    private Instant failedAt() {
        return Joins.later(createdAt, resolvedAt.orElse(createdAt));
    }

    /// When the very try that succeeded was said to have failed; empty when it never was.
    public Optional<Instant> failedToo() {
        return isSucceeded() ? Optional.ofNullable(failedTries.get(createdAt)) : Optional.empty();
    }

    /// A later try outranks an earlier one; within one try the state decides. What succeeded is never tried again.
    private static int compareVersion(Payment a, Payment b) {
        int succeeded =
                Boolean.compare(
                        a.state == PaymentState.SUCCEEDED, b.state == PaymentState.SUCCEEDED);
        if (succeeded != 0) {
            return succeeded;
        }
        int byTry = a.createdAt.compareTo(b.createdAt);
        return byTry != 0 ? byTry : a.state.compareTo(b.state);
    }

    /// What of it had left for good by a moment.
    Payment until(Instant moment) {
        SortedMap<Long, Attempt> some = new TreeMap<>(attempts);
        some.values()
                .removeIf(
                        one ->
                                one.state() == HtlcState.SETTLED
                                        && one.resolvedAt().orElse(one.sentAt()).isAfter(moment));
        boolean isOverThen = !resolvedAt.orElse(createdAt).isAfter(moment);
        boolean isByAttempts =
                attempts.values().stream().anyMatch(one -> one.state() == HtlcState.SETTLED);
        return new Payment(
                isByAttempts || isOverThen ? state : PaymentState.IN_FLIGHT,
                createdAt,
                isByAttempts && some.size() < attempts.size() ? Msat.ZERO : amount,
                isByAttempts && some.size() < attempts.size() ? Msat.ZERO : fee,
                resolvedAt,
                some,
                failedTries);
    }

    /// What its settled attempts come to together; empty while there is none. Unit: msat.
    ///
    /// @param part what an attempt adds
    public OptionalLong settledMsat(ToLongFunction<Attempt> part) {
        boolean isAny = false;
        long sum = 0;
        for (Attempt attempt : attempts.values()) {
            if (attempt.state() == HtlcState.SETTLED) {
                isAny = true;
                sum = Math.addExact(sum, part.applyAsLong(attempt));
            }
        }
        return isAny ? OptionalLong.of(sum) : OptionalLong.empty();
    }

    public boolean isSucceeded() {
        return state == PaymentState.SUCCEEDED;
    }

    public boolean isTerminal() {
        return state.isTerminal();
    }

    private static Msat max(Msat a, Msat b) {
        return a.compareTo(b) >= 0 ? a : b;
    }
}
