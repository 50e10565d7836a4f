package tallystick.ledger.item;

import static java.util.Comparator.comparing;

import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.SortedMap;
import java.util.TreeMap;
import tallystick.ledger.Msat;

/// What a node says about things that exist once per node. Each joins with its like.
public sealed interface NodeFacts {
    /// A settled forward.
    record Forward(long chanIn, long chanOut, Msat amountIn, Msat amountOut, Instant settledAt)
            implements NodeFacts {
        private static final Comparator<Forward> RANK =
                comparing(Forward::settledAt)
                        .thenComparing(Forward::amountIn)
                        .thenComparing(Forward::amountOut)
                        .thenComparingLong(Forward::chanIn)
                        .thenComparingLong(Forward::chanOut);

        Forward join(Forward other) {
            return RANK.compare(this, other) >= 0 ? this : other;
        }

        public Msat fee() {
            return amountIn.distanceTo(amountOut);
        }
    }

    /// A transaction of the wallet, with the channels that it opened.
    ///
    /// @param changeSat what the wallet gained or lost, fee included
    /// @param isKnown false while only the channels that it funds are known
    /// @param openings capacity of the channels of ours that it funds, by channel point
    record ChainTx(
            boolean isKnown,
            long changeSat,
            Standing standing,
            int blockHeight,
            Instant time,
            String label,
            SortedMap<String, Msat> openings)
            implements NodeFacts {
        public ChainTx {
            openings = Collections.unmodifiableSortedMap(new TreeMap<>(openings));
        }

        /// Where the transaction stands, in order of rank.
        public enum Standing {
            UNCONFIRMED,
            CONFIRMED,
            GONE
        }

        /// What decides between two statements; the label, which may come late, has its own join.
        private static final Comparator<ChainTx> RANK =
                comparing(ChainTx::isKnown)
                        .thenComparing(ChainTx::standing)
                        .thenComparingInt(ChainTx::blockHeight)
                        .thenComparingLong(ChainTx::changeSat)
                        .thenComparing(ChainTx::time);

        ChainTx join(ChainTx other) {
            ChainTx newer = RANK.compare(this, other) >= 0 ? this : other;
            return new ChainTx(
                    newer.isKnown,
                    newer.changeSat,
                    newer.standing,
                    newer.blockHeight,
                    newer.time,
                    label.compareTo(other.label) >= 0 ? label : other.label,
                    Joins.union(openings, other.openings, (a, b) -> a.compareTo(b) >= 0 ? a : b));
        }
    }

    /// A channel.
    ///
    /// @param isPushKnown only open channels and streams tell the push
    record Channel(
            Stage stage,
            Msat capacity,
            Msat push,
            boolean isPushKnown,
            Opener opener,
            String closingTxid)
            implements NodeFacts {
        /// Where the channel is in its life, in order of rank.
        public enum Stage {
            PENDING_OPEN,
            OPEN,
            CLOSING,
            FORCE_CLOSING,
            CLOSED,
            OPEN_FAILED
        }

        /// Who opened it.
        public enum Opener {
            UNKNOWN,
            REMOTE,
            LOCAL
        }

        Channel join(Channel other) {
            return new Channel(
                    stage.compareTo(other.stage) >= 0 ? stage : other.stage,
                    capacity.compareTo(other.capacity) >= 0 ? capacity : other.capacity,
                    push.compareTo(other.push) >= 0 ? push : other.push,
                    isPushKnown || other.isPushKnown,
                    opener.compareTo(other.opener) >= 0 ? opener : other.opener,
                    closingTxid.compareTo(other.closingTxid) >= 0
                            ? closingTxid
                            : other.closingTxid);
        }
    }

    /// The join of two statements about the same thing.
    static NodeFacts join(NodeFacts a, NodeFacts b) {
        return switch (a) {
            case Forward x when b instanceof Forward y -> x.join(y);
            case ChainTx x when b instanceof ChainTx y -> x.join(y);
            case Channel x when b instanceof Channel y -> x.join(y);
            default ->
                    throw new IllegalStateException(
                            "facts: %s and %s (expected: of one kind)"
                                    .formatted(
                                            a.getClass().getSimpleName(),
                                            b.getClass().getSimpleName()));
        };
    }
}
