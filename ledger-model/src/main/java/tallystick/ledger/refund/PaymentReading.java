package tallystick.ledger.refund;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import tallystick.ledger.NodeId;
import tallystick.ledger.item.Payment;

/// One node's payment, with all that says whether it can still be claimed.
///
/// @param alias of the node; empty when never said
/// @param readUntil all that happened to the node's payments before it is known; empty while nothing is proven
/// @param channelPoints of the channels that its attempts left by, by short channel id as an unsigned number; without those that
///     the node has not told of
public record PaymentReading(
        NodeId node,
        String alias,
        Payment payment,
        Optional<Instant> readUntil,
        NodeChain chain,
        Map<Long, String> channelPoints) {
    public PaymentReading {
        channelPoints = Map.copyOf(channelPoints);
    }

    /// Whether its money may be paid in another way.
    public Refund refund() {
        return Refund.of(payment, chain);
    }
}
