package tallystick.db.report;

import java.math.BigInteger;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import tallystick.ledger.day.Subject;

/// What was known at one ledger sequence of one business day, and what became known since an earlier one. Lists are in stable
/// order. Unit of amounts: msat.
///
/// @param sequence the ledger as known then
/// @param since the sequence after which something became known
/// @param head hash of the batch with that sequence, hex; empty before the first
/// @param ruleVersion the rules that held then
public record DayReading(
        long sequence,
        long since,
        String head,
        Optional<Instant> knownAt,
        OptionalInt ruleVersion,
        List<Line> lines,
        List<UnderWay> underWay,
        List<Stored> open,
        List<Stored> openBefore,
        List<Decided> decisions,
        List<Proof> proofs,
        List<Covered> coverage) {
    public DayReading {
        lines = List.copyOf(lines);
        underWay = List.copyOf(underWay);
        open = List.copyOf(open);
        openBefore = List.copyOf(openBefore);
        decisions = List.copyOf(decisions);
        proofs = List.copyOf(proofs);
        coverage = List.copyOf(coverage);
    }

    /// A count with its amount.
    public record Sum(long count, BigInteger msat) {
        public static final Sum NOTHING = new Sum(0, BigInteger.ZERO);

        public static Sum one(long msat) {
            return new Sum(1, BigInteger.valueOf(msat));
        }

        public Sum plus(Sum other) {
            return new Sum(Math.addExact(count, other.count), msat.add(other.msat));
        }

        public boolean isNothing() {
            return count == 0 && msat.signum() == 0;
        }
    }

    /// What happened, see [tallystick.ledger.day.DayTotals.Line].
    ///
    /// @param before the day
    /// @param within the day
    /// @param late of what is before the day, that which became known since
    /// @param whole all of it, also what is after the day
    public record Line(
            String node,
            Subject subject,
            String name,
            String place,
            Sum before,
            Sum within,
            Sum late,
            Sum whole) {
        /// At the end of the day.
        public Sum end() {
            return before.plus(within);
        }
    }

    /// What was under way at the end of the day.
    ///
    /// @param height after which failure is final; 0 when it is over by now, or not known
    public record UnderWay(String node, String reference, String height, Sum sum) {}

    /// A mismatch as it stood.
    ///
    /// @param after a `tallystick.v1.Mismatch`
    public record Stored(byte[] after) {}

    /// A step in the life of a mismatch.
    ///
    /// @param before a `tallystick.v1.Mismatch`; empty array when it is new
    public record Change(byte[] before, byte[] after) {}

    /// @param bytes a `tallystick.v1.Decision`, which need not name what its mismatch is about
    /// @param node of its mismatch, which never changes; empty when it is about none
    /// @param reference of its mismatch, likewise
    public record Decided(long sequence, byte[] bytes, String node, String reference) {}

    /// The newest proof of a node before the end of the day, and how many there were since.
    ///
    /// @param channelsMsat what all accounts of the node's channels held, also of those that it does not list
    /// @param withinRounding channels for which the node's whole satoshis allow what the ledger holds
    /// @param beyondRounding channels for which they do not
    /// @param notTold channels that moved while the node was read, or are closing
    /// @param made proofs since; of these `footed` are exact, `explained` are exact but for a wallet that is off by what is
    ///     explained, and in `incomplete` a channel could not be told and nothing else is off
    public record Proof(
            String node,
            Instant observedAt,
            long heldAgainst,
            long channelsMsat,
            OptionalLong localLedgerMsat,
            OptionalLong localNodeMsat,
            OptionalLong localResidualMsat,
            long localDriftMsat,
            long walletLedgerMsat,
            long walletNodeMsat,
            long walletResidualMsat,
            String walletExplanation,
            long walletDriftMsat,
            long made,
            long footed,
            long explained,
            long incomplete,
            long withinRounding,
            long beyondRounding,
            long notTold) {}

    /// How far a node's stream was proven to have been read, over all partitions.
    public record Covered(
            String node, String alias, String stream, Optional<Instant> until, boolean hasGaps) {}
}
