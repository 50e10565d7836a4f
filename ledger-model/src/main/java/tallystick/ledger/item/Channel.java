package tallystick.ledger.item;

import static java.util.Comparator.comparing;

import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import tallystick.ledger.Msat;

/// A channel.
///
/// @param stageSeenAt when it was first seen at this stage
/// @param openSeenAt when it was first seen open; empty while it was not
/// @param isPushKnown only open channels and streams tell the push
/// @param chanIds short channel ids under which HTLCs name it, as unsigned numbers
/// @param close how it ended, as far as is known
/// @param links what it has to do with transactions of the node
public record Channel(
        Stage stage,
        Instant stageSeenAt,
        Optional<Instant> openSeenAt,
        Msat capacity,
        Msat push,
        boolean isPushKnown,
        Opener opener,
        SortedSet<Long> chanIds,
        Close close,
        Links links)
        implements NodeFacts {
    public Channel {
        chanIds = Collections.unmodifiableSortedSet(new TreeSet<>(chanIds));
    }

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

    /// How a channel ended.
    ///
    /// @param txids of the closing transaction, as it was told at each stage: another one than was seen first may confirm
    /// @param type lnd's, for example `COOPERATIVE_CLOSE`; empty before the close
    /// @param resolutions how its outputs ended, by outpoint
    /// @param pending what is still to come back
    /// @param breachSeenAt when it was first told that a state was broadcast which was no longer valid; empty while it was not
    public record Close(
            SortedMap<Stage, String> txids,
            String type,
            SortedMap<String, Resolution> resolutions,
            Pending pending,
            Optional<Instant> breachSeenAt) {
        /// It did not.
        public static final Close NONE =
                new Close(
                        Collections.emptySortedMap(),
                        "",
                        Collections.emptySortedMap(),
                        Pending.NOTHING);

        public Close {
            txids = Collections.unmodifiableSortedMap(new TreeMap<>(txids));
            resolutions = Collections.unmodifiableSortedMap(new TreeMap<>(resolutions));
        }

        /// Of states that were valid.
        public Close(
                SortedMap<Stage, String> txids,
                String type,
                SortedMap<String, Resolution> resolutions,
                Pending pending) {
            this(txids, type, resolutions, pending, Optional.empty());
        }

        private Close join(Close other) {
            return new Close(
                    Joins.union(txids, other.txids, (a, b) -> a.compareTo(b) >= 0 ? a : b),
                    type.compareTo(other.type) >= 0 ? type : other.type,
                    Joins.union(resolutions, other.resolutions, Resolution::join),
                    pending.join(other.pending),
                    Joins.earlier(breachSeenAt, other.breachSeenAt));
        }

        /// Of the closing transaction; empty while it is not known.
        public Optional<String> txid() {
            return txids.isEmpty() ? Optional.empty() : Optional.of(txids.lastEntry().getValue());
        }
    }

    /// How an output of a closed channel ended.
    ///
    /// @param type lnd's, for example `INCOMING_HTLC`
    /// @param outcome lnd's, for example `CLAIMED`
    /// @param sweepTxid what spent it; empty when nothing of ours did
    public record Resolution(String type, String outcome, long amountSat, String sweepTxid) {
        private static final Comparator<Resolution> ORDER =
                comparing(Resolution::type)
                        .thenComparing(Resolution::outcome)
                        .thenComparingLong(Resolution::amountSat)
                        .thenComparing(Resolution::sweepTxid);

        private Resolution join(Resolution other) {
            return ORDER.compare(this, other) >= 0 ? this : other;
        }
    }

    /// What of a channel closed by force is still to come back. It only ever shrinks.
    ///
    /// @param recoveredSat what came back by then
    /// @param limboSat what is still out
    /// @param maturityHeight from which on our own output can be swept; 0 when it was, or never could
    /// @param htlcs those not resolved, by outpoint
    public record Pending(
            long recoveredSat,
            long limboSat,
            int maturityHeight,
            SortedMap<String, PendingHtlc> htlcs) {
        /// Nothing, or it is not known.
        public static final Pending NOTHING = new Pending(0, 0, 0, Collections.emptySortedMap());

        private static final Comparator<Pending> LATER =
                Comparator.comparingLong(Pending::recoveredSat)
                        .thenComparing(Comparator.comparingLong(Pending::limboSat).reversed())
                        .thenComparing(Comparator.comparingInt(Pending::stages))
                        .thenComparingInt(Pending::maturityHeight)
                        .thenComparing(one -> one.htlcs().toString());

        public Pending {
            htlcs = Collections.unmodifiableSortedMap(new TreeMap<>(htlcs));
        }

        private int stages() {
            return htlcs.values().stream().mapToInt(PendingHtlc::stage).sum();
        }

        private Pending join(Pending other) {
            if (equals(NOTHING) || other.equals(NOTHING)) {
                return equals(NOTHING) ? other : this;
            }
            return LATER.compare(this, other) >= 0 ? this : other;
        }
    }

    /// An HTLC of a closed channel that is not resolved.
    ///
    /// @param isIncoming it came to us
    /// @param maturityHeight from which on its present stage can be spent
    /// @param stage 1: the HTLC itself; 2: what its own transaction left, which has a delay
    public record PendingHtlc(boolean isIncoming, long amountSat, int maturityHeight, int stage) {}

    /// What a channel's end came to. It follows from other items, and no record tells it.
    ///
    /// @param returns the transactions that bring home what was in it, by txid
    /// @param claim what was in it, as its account holds it; empty before it was closed
    /// @param opened what it was opened with; empty for a channel that was not there when the ledger began
    public record Links(
            SortedMap<String, Return> returns, Optional<Claim> claim, Optional<Opened> opened) {
        public static final Links NONE =
                new Links(Collections.emptySortedMap(), Optional.empty(), Optional.empty());

        public Links {
            returns = Collections.unmodifiableSortedMap(new TreeMap<>(returns));
        }

        /// Of a channel that was not there when the ledger began.
        public Links(SortedMap<String, Return> returns, Optional<Claim> claim) {
            this(returns, claim, Optional.empty());
        }

        /// What those that count bring home. Unit: sat.
        public long countedSat() {
            return returns.values().stream()
                    .filter(Return::isCounted)
                    .mapToLong(Return::sat)
                    .reduce(0, Math::addExact);
        }

        /// What they bring home. Unit: sat.
        public long returnedSat() {
            return returns.values().stream().mapToLong(Return::sat).reduce(0, Math::addExact);
        }
    }

    /// A transaction that brings home what was in a channel.
    ///
    /// @param sat what of its change is this channel's; negative when it only costs
    /// @param isCounted false when it is part of what the wallet was opened with
    public record Return(long sat, boolean isConfirmed, Instant time, boolean isCounted) {
        /// One that counts.
        public Return(long sat, boolean isConfirmed, Instant time) {
            this(sat, isConfirmed, time, true);
        }
    }

    /// How the channel stood when the ledger began. Unit: msat.
    ///
    /// @param isOpen false when it was closing or closed by then, so that its account was opened with nothing
    /// @param msat what its account was opened with
    /// @param lowMsat the least that it can have been, by all that the node has told since
    /// @param highMsat the most
    public record Opened(boolean isOpen, long msat, long lowMsat, long highMsat) {
        public static final Opened CLOSED = new Opened(false, 0, 0, 0);
    }

    /// What was in a channel, fee-free, with every HTLC as it ended. Unit: msat.
    ///
    /// @param wholeAt the end of the close up to which all that the node received, sent and forwarded is in it; empty while that is
    ///     not proven
    public record Claim(long msat, Optional<Instant> wholeAt) {}

    Channel join(Channel other) {
        int stages = stage.compareTo(other.stage);
        return new Channel(
                stages >= 0 ? stage : other.stage,
                stageSeenAt(other, stages),
                Joins.either(openSeenAt, other.openSeenAt, (a, b) -> a.isBefore(b) ? a : b),
                capacity.compareTo(other.capacity) >= 0 ? capacity : other.capacity,
                push.compareTo(other.push) >= 0 ? push : other.push,
                isPushKnown || other.isPushKnown,
                opener.compareTo(other.opener) >= 0 ? opener : other.opener,
                union(chanIds, other.chanIds),
                close.join(other.close),
                links.equals(Links.NONE) ? other.links : links);
    }

    private Instant stageSeenAt(Channel other, int stages) {
        if (stages == 0) {
            return stageSeenAt.isBefore(other.stageSeenAt) ? stageSeenAt : other.stageSeenAt;
        }
        return stages > 0 ? stageSeenAt : other.stageSeenAt;
    }

    private static SortedSet<Long> union(SortedSet<Long> a, SortedSet<Long> b) {
        SortedSet<Long> result = new TreeSet<>(a);
        result.addAll(b);
        return result;
    }

    /// The same without what its opening asks of the books.
    Channel withoutOpening() {
        return new Channel(
                stage,
                stageSeenAt,
                openSeenAt,
                Msat.ZERO,
                Msat.ZERO,
                true,
                opener,
                chanIds,
                close,
                links);
    }

    public Channel with(Links others) {
        return new Channel(
                stage,
                stageSeenAt,
                openSeenAt,
                capacity,
                push,
                isPushKnown,
                opener,
                chanIds,
                close,
                others);
    }

    /// True once the node calls it closed or closing: what was in it is in limbo.
    public boolean isEnded() {
        return stage == Stage.CLOSING || stage == Stage.FORCE_CLOSING || stage == Stage.CLOSED;
    }

    /// True when nothing is left to come back: the node says so, and all that came is in blocks.
    public boolean isResolved() {
        return stage == Stage.CLOSED
                && links.returns().values().stream().allMatch(Return::isConfirmed);
    }

    /// What was in it, less what came home: what its end cost. Unit: msat.
    public OptionalLong costMsat() {
        return links.claim().isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(
                        Math.subtractExact(
                                links.claim().get().msat(),
                                Math.multiplyExact(links.returnedSat(), Msat.PER_SAT)));
    }

    /// When nothing was left to come back; of use when it is resolved only.
    public Instant resolvedAt() {
        return links.returns().values().stream()
                .map(Return::time)
                .max(Comparator.naturalOrder())
                .filter(time -> time.isAfter(stageSeenAt))
                .orElse(stageSeenAt);
    }
}
