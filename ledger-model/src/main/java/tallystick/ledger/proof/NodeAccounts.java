package tallystick.ledger.proof;

import java.util.Map;
import java.util.Set;

/// What the ledger holds for a node at one ledger sequence. Unit: msat.
///
/// @param sequence the newest batch that is in it
/// @param claims balance of each channel's account, by channel point
/// @param closing points of the channels that the ledger knows to be closing or closed
/// @param channelsMsat sum of all accounts of its channels, also of those that it does not list
/// @param walletMsat balance of its wallet
public record NodeAccounts(
        long sequence,
        Map<String, Long> claims,
        Set<String> closing,
        long channelsMsat,
        long walletMsat) {
    public NodeAccounts {
        claims = Map.copyOf(claims);
        closing = Set.copyOf(closing);
    }

    long claimMsat(String channelPoint) {
        return claims.getOrDefault(channelPoint, 0L);
    }
}
