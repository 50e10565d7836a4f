package tallystick.ledger.proof;

import java.time.Duration;
import java.time.Instant;

/// What of a node's accounts has not moved since a reading of it, by when things happened and as far as the ledger knows by now. So
/// nothing of it can be what the node had yet to say then.
///
/// @param since when the node was read
/// @param then the accounts as they stood at that moment
/// @param isWalletTold false when it cannot be told any more what the wallet's total counted twice then
/// @param wasFunding whether a transaction was unconfirmed then, and is not now: what was locked then may be its inputs
public record Standstill(
        Instant since, NodeAccounts then, boolean isWalletTold, boolean wasFunding) {
    /// lnd tells some moments in whole seconds: what happened after a reading may bear its second.
    private static final Duration SECOND = Duration.ofSeconds(1);

    private boolean isPast(Reading newest) {
        return !newest.observedAt().isBefore(since.plus(SECOND));
    }

    /// @param now the accounts as they stand
    boolean ofChannel(String channelPoint, Reading newest, NodeAccounts now) {
        return isPast(newest)
                && newest.channel(channelPoint).isPresent()
                && then.claimMsat(channelPoint) == now.claimMsat(channelPoint);
    }

    boolean ofChannels(Proof proof, Reading newest, NodeAccounts now) {
        return proof.channels().stream()
                .allMatch(one -> ofChannel(one.channelPoint(), newest, now));
    }

    /// What is locked is taken off the wallet's total: it makes the ledger's figure the larger one.
    boolean ofWallet(Total wallet, Reading newest) {
        return isPast(newest)
                && isWalletTold
                && then.walletLaterMsat() == 0
                && (!wasFunding || wallet.residualMsat() < 0);
    }
}
