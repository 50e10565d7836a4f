package tallystick.ledger.proof;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/// What the ledger holds for a node at one ledger sequence. Unit: msat.
///
/// @param sequence the newest batch that is in it
/// @param claims balance of each channel's account, by channel point; as of a moment, less what moved it later
/// @param open points of the channels that were told of as open, and not as closing or closed
/// @param closing points of the channels that the ledger knows to be closing or closed, by the channel or by a transaction
/// @param channelsMsat sum of all accounts of its channels, also of those that it does not list, whatever the moment
/// @param walletMsat balance of its wallet, whatever the moment
/// @param walletLaterMsat as of a moment, what of the wallet's balance came later; else 0
public record NodeAccounts(
        long sequence,
        Map<String, Long> claims,
        Set<String> open,
        Set<String> closing,
        long channelsMsat,
        long walletMsat,
        long walletLaterMsat) {
    public NodeAccounts {
        claims = Map.copyOf(claims);
        open = Set.copyOf(open);
        closing = Set.copyOf(closing);
    }

    /// These accounts as they stood at a moment.
    ///
    /// @param laterMsat what of their balances came later, by channel point
    /// @param opened points of the channels that opened later
    public NodeAccounts less(Map<String, Long> laterMsat, Set<String> opened, long ofWalletMsat) {
        Map<String, Long> then = new HashMap<>(claims);
        laterMsat.forEach((point, msat) -> then.merge(point, -msat, Math::addExact));
        Set<String> openThen = new HashSet<>(open);
        openThen.removeAll(opened);
        return new NodeAccounts(
                sequence, then, openThen, closing, channelsMsat, walletMsat, ofWalletMsat);
    }

    /// Points of the open channels that hold something, in order.
    SortedSet<String> held() {
        SortedSet<String> held = new TreeSet<>(open);
        held.removeIf(point -> claimMsat(point) == 0);
        return held;
    }

    long claimMsat(String channelPoint) {
        return claims.getOrDefault(channelPoint, 0L);
    }
}
