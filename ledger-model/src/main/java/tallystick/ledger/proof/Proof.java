package tallystick.ledger.proof;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/// A node's accounts held against one reading of the node.
///
/// @param channels in the reading's order; then those that the ledger takes for open and that the node does not list
/// @param local the exact sum over all open channels; empty when one of them cannot be told at this moment
/// @param channelsMsat sum of all accounts of the node's channels, also of those that it does not list. Unit: msat
public record Proof(
        Reading reading,
        long sequence,
        List<ChannelProof> channels,
        Optional<Total> local,
        Total wallet,
        long channelsMsat) {
    public Proof {
        channels = List.copyOf(channels);
    }

    /// @param accounts as they stood when the node was read, as far as that is known
    /// @param unconfirmed transactions of the wallet that are not confirmed
    public static Proof of(
            Reading reading, NodeAccounts accounts, List<UnconfirmedTx> unconfirmed) {
        List<ChannelProof> channels = new ArrayList<>();
        reading.channels().forEach(one -> channels.add(channel(one, reading, accounts)));
        // The ledger lacks the end of these, or has one that never was.
        accounts.held().stream()
                .filter(point -> reading.channel(point).isEmpty())
                .map(reading::figures)
                .forEach(one -> channels.add(channel(one, reading, accounts)));
        Total wallet = Total.of(accounts.walletMsat(), reading.walletMsat());
        if (wallet.residualMsat() != 0) {
            wallet =
                    WalletExplanation.of(
                                    wallet.residualMsat(),
                                    accounts.walletLaterMsat(),
                                    reading.lockedMsat(),
                                    unconfirmed)
                            .map(wallet::explainedBy)
                            .orElse(wallet);
        }
        return new Proof(
                reading,
                accounts.sequence(),
                channels,
                local(channels, reading.channelsLocalMsat()),
                wallet,
                accounts.channelsMsat());
    }

    /// True when every channel could be told.
    public boolean isComplete() {
        return local.isPresent();
    }

    /// True when nothing of it is off, except what is explained.
    public boolean foots() {
        return channels.stream().allMatch(one -> one.residualMsat().orElse(0) == 0)
                && local.map(Total::unexplainedMsat).orElse(0L) == 0
                && wallet.unexplainedMsat() == 0;
    }

    /// Whether the same is off by the same.
    boolean isOffAs(Proof other) {
        return off().equals(other.off())
                && local.map(Total::unexplainedMsat).equals(other.local.map(Total::unexplainedMsat))
                && wallet.unexplainedMsat() == other.wallet.unexplainedMsat();
    }

    /// Residuals by channel point.
    private Map<String, Long> off() {
        Map<String, Long> result = new HashMap<>();
        channels.stream()
                .filter(one -> one.residualMsat().orElse(0) != 0)
                .forEach(one -> result.put(one.channelPoint(), one.residualMsat().getAsLong()));
        return result;
    }

    private static Optional<Total> local(List<ChannelProof> channels, long nodeMsat) {
        return channels.stream().allMatch(one -> one.residualMsat().isPresent())
                ? Optional.of(Total.of(LocalBalances.sum(channels, nodeMsat), nodeMsat))
                : Optional.empty();
    }

    private static ChannelProof channel(
            ChannelFigures figures, Reading reading, NodeAccounts accounts) {
        long claim = accounts.claimMsat(figures.channelPoint());
        boolean isListed = reading.channel(figures.channelPoint()).isPresent();
        if (isListed && accounts.closing().contains(figures.channelPoint())) {
            return new ChannelProof(figures, claim, OptionalLong.empty(), "closing");
        }
        long distance = figures.claim().distanceMsat(claim);
        return figures.isQuiet()
                ? new ChannelProof(figures, claim, OptionalLong.of(distance), "")
                : new ChannelProof(
                        figures,
                        claim,
                        OptionalLong.empty(),
                        underWay(figures, distance, reading.incomingMsat()));
    }

    /// A receipt is settled before its HTLC leaves the commitment, and where the peer has closed the channel on chain, the list
    /// of channels shows the HTLC until the close is deep enough.
    private static String underWay(ChannelFigures figures, long distance, long incomingMsat) {
        if (figures.pendingHtlcs() == 0) {
            return "moved while the node was read";
        }
        boolean isSettled =
                distance > 0
                        && distance <= incomingMsat
                        && incomingMsat - distance <= ChannelFigures.FRACTION_MAX;
        return isSettled
                ? "a receipt is settled, its HTLC of %d msat still stands incoming"
                        .formatted(incomingMsat)
                : "HTLCs under way: %d".formatted(figures.pendingHtlcs());
    }
}
