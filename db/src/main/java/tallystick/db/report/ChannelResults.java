package tallystick.db.report;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// What channels cost and earned, and whether that adds up to what the nodes hold, as one database snapshot shows it.
/// Channels are in order of node and channel, nodes in order of pubkey. Unit: msat
///
/// @param sequence ledger sequence number of the newest batch; 0 when there is none
public record ChannelResults(long sequence, List<ChannelResult> channels, List<NodeChange> nodes) {
    public ChannelResults {
        channels = List.copyOf(channels);
        nodes = List.copyOf(nodes);
    }

    /// Where a channel is in its life.
    public enum State {
        OPEN,
        /// It ended, and something is still to come back.
        CLOSING,
        CLOSED
    }

    /// One channel, from its opening to its end. All but the last four are figures of the ledger that only one side can have;
    /// `begun + opened + result + openFee - returned = balance`. Unit: msat
    ///
    /// @param node pubkey
    /// @param channel channel point; `scid:<id>` while the node has not told which channel that is; `unknown` where the node
    ///     does not tell where money moved
    /// @param opened capacity that we put in
    /// @param openFee its share of the miner fee of the transaction that opened it
    /// @param fees routing fees of payments
    /// @param rebalancedIn received by payments that a node of the fleet made; not in `received`
    /// @param rebalancedOut sent by payments that a node of the fleet received; not in `sent`
    /// @param forwardedIn what came in by it and went on, without the fee
    /// @param routingIncome fees of the forwards that came in by it
    /// @param returned what came back to the wallet at its end
    /// @param closeCost what did not come back; 0 until all is resolved
    /// @param balance what it holds now, limbo included
    /// @param limbo of it, what is on its way back
    /// @param result what the node gained by it; negative when it lost
    /// @param begun what was in it when the ledger began with a node that had a past
    public record ChannelResult(
            String node,
            String channel,
            State state,
            long opened,
            long openFee,
            long pushIn,
            long pushOut,
            long received,
            long sent,
            long fees,
            long rebalancedIn,
            long rebalancedOut,
            long forwardedIn,
            long forwardedOut,
            long routingIncome,
            long returned,
            long closeCost,
            long balance,
            long limbo,
            long result,
            long begun) {
        /// What it cost: miner fees, routing fees, the cost of its end.
        public long costs() {
            return Math.addExact(Math.addExact(openFee, fees), closeCost);
        }
    }

    /// What a node holds, and where that comes from. Unit: msat
    ///
    /// @param alias empty when never said
    /// @param channels the results of all its channels
    /// @param wallet what moved in its wallet and has to do with no channel
    /// @param change what it holds now in channels, limbo and wallet
    /// @param difference `begun + channels + wallet - change`: 0
    /// @param begun what its accounts were opened with, where the ledger began with a node that had a past
    public record NodeChange(
            String pubkey,
            String alias,
            long channels,
            long wallet,
            long change,
            long difference,
            long begun) {}

    /// The same of some of the nodes.
    public ChannelResults of(List<NodeChange> some) {
        Set<String> pubkeys = some.stream().map(NodeChange::pubkey).collect(Collectors.toSet());
        return new ChannelResults(
                sequence,
                channels.stream().filter(channel -> pubkeys.contains(channel.node())).toList(),
                some);
    }
}
