package tallystick.ledger.item;

import static java.util.Comparator.comparing;

import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.ledger.Msat;

/// A node's half of what leaves. A hash that failed may be tried again: the newest try counts, the attempts of all stay.
/// Immutable.
///
/// @param createdAt of the newest try
/// @param resolvedAt when the end was known
/// @param attempts by the node's attempt id
public record Payment(
        PaymentState state,
        Instant createdAt,
        Msat amount,
        Msat fee,
        Optional<Instant> resolvedAt,
        SortedMap<Long, Attempt> attempts) {
    public Payment {
        attempts = Collections.unmodifiableSortedMap(new TreeMap<>(attempts));
    }

    /// One HTLC on its way out.
    ///
    /// @param chanId of the first hop
    /// @param total what leaves the channel, fee included
    /// @param expiryHeight failure is final only after it
    public record Attempt(
            HtlcState state,
            long chanId,
            Msat total,
            Msat fee,
            Instant sentAt,
            Optional<Instant> resolvedAt,
            int expiryHeight) {
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
                    Math.max(expiryHeight, other.expiryHeight));
        }
    }

    Payment join(Payment other) {
        Payment newer = compareVersion(this, other) >= 0 ? this : other;
        boolean same = compareVersion(this, other) == 0;
        return new Payment(
                newer.state,
                newer.createdAt,
                same ? max(amount, other.amount) : newer.amount,
                same ? max(fee, other.fee) : newer.fee,
                same ? Joins.later(resolvedAt, other.resolvedAt) : newer.resolvedAt,
                Joins.union(attempts, other.attempts, Attempt::join));
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
