package tallystick.ledger.refund;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import tallystick.ledger.item.Channel;

/// What is known of a node's channels and transactions, all of it read up to one block.
///
/// @param height the block up to which they are read; 0 when none is known
/// @param readUntil all that happened to them before it is known; empty while nothing is proven
/// @param channels by short channel id, as an unsigned number
/// @param confirmedAt by txid, the height of its block, of transactions that are in one
public record NodeChain(
        int height,
        Optional<Instant> readUntil,
        Map<Long, Channel> channels,
        Map<String, Integer> confirmedAt) {
    public NodeChain {
        channels = Map.copyOf(channels);
        confirmedAt = Map.copyOf(confirmedAt);
    }

    boolean isReadUntil(Instant moment) {
        return readUntil.filter(until -> !until.isBefore(moment)).isPresent();
    }
}
