package tallystick.ledger.match;

import java.time.Instant;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import tallystick.ledger.NodeId;

/// What the books say without naming a reference. Immutable.
///
/// @param id tells it from all others
/// @param node empty means "any node of the fleet"
/// @param amountMsat more than 0
/// @param at when it was booked
/// @param keys the texts by which a settlement can be found; empty when it names nothing
public record Booking(
        String id,
        Direction direction,
        Optional<NodeId> node,
        long amountMsat,
        Instant at,
        SortedSet<String> keys) {
    public Booking {
        Parts.requirePositive("amount of " + id, amountMsat);
        keys = Collections.unmodifiableSortedSet(new TreeSet<>(keys));
    }

    /// True when nothing but amount and time could speak against the candidate.
    boolean allows(Candidate candidate) {
        return direction == candidate.direction()
                && (node.isEmpty() || node.get().equals(candidate.node()));
    }
}
