package tallystick.ledger.proof;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import tallystick.ledger.NodeId;

/// A node's own balances at one moment, as consistently as it lets them be read. Unit: msat.
///
/// @param channelsLocalMsat exact sum over open channels
/// @param incomingMsat in HTLCs under way to it
/// @param walletMsat spendable on chain, unconfirmed included, leased outputs not
/// @param lockedMsat leased outputs, and the inputs of funding transactions that are not confirmed
/// @param channels open ones
public record Reading(
        NodeId node,
        Instant observedAt,
        long channelsLocalMsat,
        long incomingMsat,
        long walletMsat,
        long lockedMsat,
        List<ChannelFigures> channels) {
    public Reading {
        channels = List.copyOf(channels);
    }

    /// The same, said again.
    public Reading saidAgain(Instant at) {
        return new Reading(
                node, at, channelsLocalMsat, incomingMsat, walletMsat, lockedMsat, channels);
    }

    /// What the node says of a channel. One that it does not list holds nothing.
    public ChannelFigures figures(String channelPoint) {
        return channel(channelPoint).orElseGet(() -> ChannelFigures.notListed(channelPoint));
    }

    Optional<ChannelFigures> channel(String channelPoint) {
        return channels.stream().filter(one -> one.channelPoint().equals(channelPoint)).findFirst();
    }
}
