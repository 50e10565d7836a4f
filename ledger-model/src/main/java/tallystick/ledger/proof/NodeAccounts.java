package tallystick.ledger.proof;

import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/// What the ledger holds for a node at one ledger sequence. Unit: msat.
///
/// @param sequence the newest batch that is in it
/// @param claims balance of each channel's account, by channel point
/// @param open points of the channels that were told of as open, and not as closing or closed
/// @param closing points of the channels that the ledger knows to be closing or closed, by the channel or by a transaction
/// @param channelsMsat sum of all accounts of its channels, also of those that it does not list
/// @param walletMsat balance of its wallet
public record NodeAccounts(
        long sequence,
        Map<String, Long> claims,
        Set<String> open,
        Set<String> closing,
        long channelsMsat,
        long walletMsat) {
    public NodeAccounts {
        claims = Map.copyOf(claims);
        open = Set.copyOf(open);
        closing = Set.copyOf(closing);
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
