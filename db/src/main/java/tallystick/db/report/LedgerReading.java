package tallystick.db.report;

import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import tallystick.ledger.mismatch.Verdict;
import tallystick.ledger.proof.Total;

/// Ledger and register as one database snapshot shows them. Lists are in stable order: mismatches by code, reference,
/// node; pairs by node, reference; nodes by pubkey; channels by channel point. Amounts fit a long; what books claim may
/// add up to more than any long holds.
///
/// @param ledger the ledger's name
/// @param asOf the moment the register was decided for
/// @param sequence ledger sequence number of the newest batch; 0 when there is none
/// @param mismatches open ones
/// @param information open findings that are no mismatches
/// @param pairs every (node, reference) that has book entries, with its state
/// @param clearingMsat balance of clearing: credits less debits
/// @param itemsMsat sum of the residues of all items
/// @param trialBalanceMsat debits less credits over all accounts: 0
public record LedgerReading(
        String ledger,
        Instant asOf,
        long sequence,
        List<NodeReading> nodes,
        List<Mismatch> mismatches,
        List<Mismatch> information,
        List<Pair> pairs,
        List<NotDecided> notDecidedYet,
        List<NodeProof> proofs,
        BigInteger clearingMsat,
        BigInteger itemsMsat,
        BigInteger trialBalanceMsat,
        Counts counts,
        List<LocalDate> businessDays) {

    public LedgerReading {
        nodes = List.copyOf(nodes);
        mismatches = List.copyOf(mismatches);
        information = List.copyOf(information);
        pairs = List.copyOf(pairs);
        notDecidedYet = List.copyOf(notDecidedYet);
        proofs = List.copyOf(proofs);
        businessDays = List.copyOf(businessDays);
    }

    /// A node of the fleet: how many items it has and how far it is proven to have been read.
    ///
    /// @param alias empty when never said
    /// @param coveredUntil the earliest of its streams; empty when nothing is proven
    public record NodeReading(
            String pubkey,
            String alias,
            long invoices,
            long payments,
            long forwards,
            long channels,
            Optional<Instant> coveredUntil) {}

    /// One open mismatch with both halves.
    ///
    /// @param code for example `SETTLED_NOT_BOOKED`
    /// @param label for people, for example "Settled, not booked"
    /// @param severity `INFORMATION`, `LOW`, `MEDIUM`, `HIGH` or `CRITICAL`
    /// @param reference in the books' form
    /// @param node pubkey; empty when it is about no node
    /// @param residueMsat the item's: more than 0 when the nodes hold more than the books say
    /// @param explanation what is the case
    /// @param advice what to do
    /// @param nodeMsat what the node says, in positive, out negative; empty when it says nothing
    /// @param booksMsat what the books say, signed alike
    public record Mismatch(
            String id,
            String code,
            String label,
            String severity,
            String node,
            String reference,
            long amountMsat,
            long residueMsat,
            Instant since,
            String explanation,
            String advice,
            String order,
            String account,
            OptionalLong nodeMsat,
            OptionalLong booksMsat,
            List<Half> nodeHalf,
            List<Half> booksHalf) {
        public Mismatch {
            nodeHalf = List.copyOf(nodeHalf);
            booksHalf = List.copyOf(booksHalf);
        }

        Mismatch withExplanation(String other) {
            return new Mismatch(
                    id,
                    code,
                    label,
                    severity,
                    node,
                    reference,
                    amountMsat,
                    residueMsat,
                    since,
                    other,
                    advice,
                    order,
                    account,
                    nodeMsat,
                    booksMsat,
                    nodeHalf,
                    booksHalf);
        }
    }

    /// One line of a half.
    ///
    /// @param what for example "receipt, settled" or "payment (entry e00123)"
    /// @param amountMsat in positive, out negative
    /// @param at when it happened or was booked
    public record Half(String node, String what, long amountMsat, Optional<Instant> at) {}

    /// One (node, reference) that has book entries, and how its own evidence has it stand: what a group of items says of it, for
    /// example that its order was paid twice, does not count.
    ///
    /// @param node empty when the entries name none and no node holds it
    /// @param bookedMsat sum of its net entries that move value
    /// @param waitsUntil of a waiting pair: when it will be due, where that is a time
    public record Pair(
            String node,
            String reference,
            Verdict.State state,
            long bookedMsat,
            Optional<Instant> waitsUntil) {}

    /// Items whose rules are not part of this version: counted, with their residue.
    ///
    /// @param kind `forward`, `channel`, `chain` or `day of forwards`
    public record NotDecided(String kind, long items, BigInteger residueMsat) {}

    /// What one node's accounts hold by the ledger, and by the node itself.
    ///
    /// @param notQuiet channel points that moved while the node was read, and so are not proven at this moment
    public record NodeProof(
            String pubkey,
            String alias,
            List<ChannelProof> channels,
            List<String> notQuiet,
            Optional<Total> localTotal,
            Optional<Total> wallet) {
        public NodeProof {
            channels = List.copyOf(channels);
            notQuiet = List.copyOf(notQuiet);
        }

        /// With every channel quiet.
        public NodeProof(
                String pubkey,
                String alias,
                List<ChannelProof> channels,
                Optional<Total> localTotal,
                Optional<Total> wallet) {
            this(pubkey, alias, channels, List.of(), localTotal, wallet);
        }
    }

    /// The node gives whole satoshis per channel, so its figure is an interval; the residual is the distance to it.
    public record ChannelProof(
            String channelPoint,
            long ledgerMsat,
            long nodeMsatLow,
            long nodeMsatHigh,
            long residualMsat) {}

    /// Rows written so far.
    public record Counts(long batches, long evidence, long transfers, long items) {}
}
