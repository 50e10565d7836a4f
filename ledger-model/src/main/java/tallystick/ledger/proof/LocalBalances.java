package tallystick.ledger.proof;

import java.util.List;
import tallystick.ledger.Msat;

/// What claims leave as local balances, which is what a node sums up exactly. Unit: msat.
///
/// The opener pays commitment fee and anchors. Both sides' fractions of a satoshi make a whole one together, which the node's
/// whole satoshis hide in the fee: where the claim has a fraction, that satoshi is ours.
final class LocalBalances {
    private LocalBalances() {}

    /// The sum over quiet channels. A channel whose claim cannot be right does not tell its fraction: how many of these have one
    /// is told by the node's sum, as far as that leaves a choice of one only.
    static long sum(List<ChannelProof> channels, long nodeMsat) {
        List<ChannelProof> doubtful = doubtful(channels);
        long sum = 0;
        for (ChannelProof channel : channels) {
            sum = Math.addExact(sum, localMsat(channel));
        }
        long fractions = Math.subtractExact(nodeMsat, sum);
        long most = 0;
        long byClaims = 0;
        for (ChannelProof one : doubtful) {
            fractions = Math.addExact(fractions, localMsat(one));
            fractions = Math.subtractExact(fractions, one.figures().local().lowMsat());
            most += ChannelFigures.FRACTION_MAX;
            byClaims += hidesSat(one) ? 1 : 0;
        }
        if (doubtful.isEmpty() || fractions < 0 || fractions > most) {
            return sum; // The others are not right either.
        }
        long atLeast = Math.ceilDiv(fractions, ChannelFigures.FRACTION_MAX);
        long atMost = Math.min(fractions, doubtful.size());
        long hidden = Math.clamp(byClaims, atLeast, atMost);
        return Math.addExact(sum, (hidden - byClaims) * Msat.PER_SAT);
    }

    /// Those that we opened and whose claim is off. When none is, and there is but one, it is the one that may be off.
    private static List<ChannelProof> doubtful(List<ChannelProof> channels) {
        List<ChannelProof> off =
                channels.stream().filter(one -> one.residualMsat().orElse(0) != 0).toList();
        List<ChannelProof> result = off.isEmpty() && channels.size() == 1 ? channels : off;
        return result.stream().filter(one -> one.figures().weOpened()).toList();
    }

    /// What the claim leaves, with the satoshi that a fraction of it hides.
    private static long localMsat(ChannelProof channel) {
        if (!channel.figures().weOpened()) {
            return channel.ledgerMsat();
        }
        long kept = channel.figures().keptMsat() - (hidesSat(channel) ? Msat.PER_SAT : 0);
        return Math.subtractExact(channel.ledgerMsat(), kept);
    }

    private static boolean hidesSat(ChannelProof channel) {
        return Math.floorMod(channel.ledgerMsat(), Msat.PER_SAT) != 0;
    }
}
