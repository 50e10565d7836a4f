package tallystick.ledger.match;

import java.time.Instant;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;
import tallystick.ledger.NodeId;

/// A settlement that no entry names. Immutable.
///
/// @param id tells it from all others
/// @param amountMsat what arrived or was sent, more than 0
/// @param feeMsat what it cost beside that and is not booked either; 0 for what arrived
/// @param at when it settled
/// @param keys the texts by which an entry may name it
public record Candidate(
        String id,
        Direction direction,
        NodeId node,
        long amountMsat,
        long feeMsat,
        Instant at,
        SortedSet<String> keys) {
    public Candidate {
        Parts.requirePositive("amount of " + id, amountMsat);
        if (feeMsat < 0 || (feeMsat > 0 && direction == Direction.IN)) {
            throw new IllegalArgumentException(
                    "fee of %s: %d (expected: 0 or, for what was sent, more)"
                            .formatted(id, feeMsat));
        }
        keys = Collections.unmodifiableSortedSet(new TreeSet<>(keys));
    }

    /// What an entry may hold of it: the amount alone, or with the fee. Unit: msat.
    public long amountMsat(boolean withFee) {
        return withFee ? Math.addExact(amountMsat, feeMsat) : amountMsat;
    }
}
