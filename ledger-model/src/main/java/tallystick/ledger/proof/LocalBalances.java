package tallystick.ledger.proof;

import java.util.List;
import tallystick.ledger.Msat;

/// What claims leave as local balances, which is what a node sums up exactly. Unit: msat.
///
/// The opener pays commitment fee and anchors. Both sides' fractions of a satoshi make a whole one together, which the node's
/// whole satoshis hide in the fee: where the claim has a fraction, that satoshi is ours.
final class LocalBalances {
    private LocalBalances() {}

    /// The sum over quiet channels. A channel whose claim cannot be right does not tell its fraction; if there is only one, the
    /// node's sum tells it.
    static long sum(List<ChannelProof> channels, long nodeMsat) {
        List<ChannelProof> doubtful = doubtful(channels);
        long sum = 0;
        for (ChannelProof channel : channels) {
            sum = Math.addExact(sum, byFraction(channel, channel.ledgerMsat()));
        }
        if (doubtful.size() != 1) {
            return sum;
        }
        ChannelProof one = doubtful.getFirst();
        long others = sum - byFraction(one, one.ledgerMsat());
        long implied = nodeMsat - others;
        if (!one.figures().local().holds(implied)) {
            return sum;
        }
        return others + byFraction(one, implied);
    }

    /// Those that we opened and whose claim is off. When none is, and there is but one, it is the one that may be off.
    private static List<ChannelProof> doubtful(List<ChannelProof> channels) {
        List<ChannelProof> off =
                channels.stream().filter(one -> one.residualMsat().orElse(0) != 0).toList();
        List<ChannelProof> result = off.isEmpty() && channels.size() == 1 ? channels : off;
        return result.stream().filter(one -> one.figures().weOpened()).toList();
    }

    /// @param telling an amount with the fraction that the share has
    private static long byFraction(ChannelProof channel, long telling) {
        if (!channel.figures().weOpened()) {
            return channel.ledgerMsat();
        }
        long hidden = Math.floorMod(telling, Msat.PER_SAT) == 0 ? 0 : Msat.PER_SAT;
        return Math.addExact(
                Math.subtractExact(channel.ledgerMsat(), channel.figures().keptMsat()), hidden);
    }
}
