package tallystick.reconcile;

import com.google.protobuf.ByteString;
import java.util.List;
import tallystick.ledger.mismatch.Heights.Height;

/// What was written because of an item, apart from the item itself. Immutable.
///
/// @param legs what has been posted for it, in the order of their names
/// @param reported what has been reported of it
/// @param groups names of the groups that it contributes to, or that have still to take back what they decided
/// @param heights those that it is noted to wait for
record Effects(List<Leg> legs, List<Reported> reported, List<String> groups, List<Height> heights) {
    static final Effects NONE = new Effects(List.of(), List.of(), List.of(), List.of());

    Effects {
        legs = List.copyOf(legs);
        reported = List.copyOf(reported);
        groups = List.copyOf(groups);
        heights = List.copyOf(heights);
    }

    /// A transfer that was posted, with its accounts by their ids.
    record Leg(String name, long debitId, long creditId, long amountMsat) {}

    /// A mismatch that was reported.
    ///
    /// @param digest SHA-256 of what was reported last
    record Reported(ByteString mismatchId, ByteString digest) {}
}
