package tallystick.ledger.item;

import static java.util.Comparator.comparing;

import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.ledger.Msat;
import tallystick.ledger.NodeId;

/// What is said of things that exist once: at a node, or in the log. Each joins with its like.
public sealed interface NodeFacts
        permits NodeFacts.Forward, NodeFacts.Refused, NodeFacts.Followed, ChainTx, Channel {
    /// A settled forward.
    ///
    /// @param leastIn the least that was said to have come in: another than what came in contradicts it
    /// @param leastOut the same of what went on
    record Forward(
            long chanIn,
            long chanOut,
            Msat amountIn,
            Msat amountOut,
            Instant settledAt,
            Msat leastIn,
            Msat leastOut)
            implements NodeFacts {
        private static final Comparator<Forward> RANK =
                comparing(Forward::amountIn)
                        .thenComparing(Forward::amountOut)
                        .thenComparing(Forward::settledAt)
                        .thenComparingLong(Forward::chanIn)
                        .thenComparingLong(Forward::chanOut);

        /// As it is told once.
        public Forward(
                long chanIn, long chanOut, Msat amountIn, Msat amountOut, Instant settledAt) {
            this(chanIn, chanOut, amountIn, amountOut, settledAt, amountIn, amountOut);
        }

        Forward join(Forward other) {
            Forward greater = RANK.compare(this, other) >= 0 ? this : other;
            return new Forward(
                    greater.chanIn,
                    greater.chanOut,
                    greater.amountIn,
                    greater.amountOut,
                    greater.settledAt,
                    leastIn.compareTo(other.leastIn) <= 0 ? leastIn : other.leastIn,
                    leastOut.compareTo(other.leastOut) <= 0 ? leastOut : other.leastOut);
        }

        /// By how much it was told otherwise.
        public Msat rewritten() {
            Msat in = amountIn.distanceTo(leastIn);
            return in.isZero() ? amountOut.distanceTo(leastOut) : in;
        }

        public Msat fee() {
            return amountIn.distanceTo(amountOut);
        }
    }

    /// A record that could not be applied.
    ///
    /// @param node that it came from, where it says so
    /// @param seenAt when it was first refused
    /// @param reason why it was refused last
    /// @param triedAt when that was
    /// @param isUnknown it says something that this version does not know
    /// @param isApplied it was applied when it was tried again
    record Refused(
            Optional<NodeId> node,
            Instant seenAt,
            String reason,
            Instant triedAt,
            boolean isUnknown,
            boolean isApplied)
            implements NodeFacts {
        private static final Comparator<Refused> LATER =
                comparing(Refused::triedAt)
                        .thenComparing(Refused::reason)
                        .thenComparing(Refused::isUnknown);

        Refused join(Refused other) {
            Refused later = LATER.compare(this, other) >= 0 ? this : other;
            return new Refused(
                    Joins.either(node, other.node, (a, b) -> a.compareTo(b) <= 0 ? a : b),
                    seenAt.isBefore(other.seenAt) ? seenAt : other.seenAt,
                    later.reason,
                    later.triedAt,
                    later.isUnknown,
                    isApplied || other.isApplied);
        }
    }

    /// How a node is followed. Statements come in the order of the log.
    ///
    /// @param heard when something was last heard of each of its streams
    /// @param walletOpenedMsat what its wallet was opened with; empty where the ledger knows all that ever moved it. Unit: msat
    record Followed(SortedMap<String, Instant> heard, Gaps gaps, OptionalLong walletOpenedMsat)
            implements NodeFacts {
        public static final Followed NOTHING =
                new Followed(Collections.emptySortedMap(), Gaps.NONE);

        public Followed(SortedMap<String, Instant> heard, Gaps gaps) {
            this(heard, gaps, OptionalLong.empty());
        }

        public Followed {
            heard = Collections.unmodifiableSortedMap(new TreeMap<>(heard));
        }

        /// With what a record tells of a stream.
        public Followed with(String stream, Gaps.Told told) {
            SortedMap<String, Instant> more =
                    Joins.union(heard, Map.of(stream, told.at()), Joins::later);
            return new Followed(more, gaps.with(told), walletOpenedMsat);
        }

        /// With what its wallet was opened with.
        public Followed withWallet(long openedMsat) {
            return new Followed(heard, gaps, OptionalLong.of(openedMsat));
        }

        /// When something was last heard of it at all.
        public Optional<Instant> heardLast() {
            return heard.values().stream().max(Comparator.naturalOrder());
        }
    }

    /// The join of two statements about the same thing.
    static NodeFacts join(NodeFacts a, NodeFacts b) {
        return switch (a) {
            case Forward x when b instanceof Forward y -> x.join(y);
            case ChainTx x when b instanceof ChainTx y -> x.join(y);
            case Channel x when b instanceof Channel y -> x.join(y);
            case Refused x when b instanceof Refused y -> x.join(y);
            default ->
                    throw new IllegalStateException(
                            "facts: %s and %s (expected: of one kind)"
                                    .formatted(
                                            a.getClass().getSimpleName(),
                                            b.getClass().getSimpleName()));
        };
    }
}
